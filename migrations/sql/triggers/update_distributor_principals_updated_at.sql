-- distributor_principals.updated_at is the moment of the last change, whoever made it.
create trigger update_distributor_principals_updated_at
    before update on distributor_principals
    for each row execute function update_updated_at_column();
