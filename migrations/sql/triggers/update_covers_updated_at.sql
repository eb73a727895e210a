-- covers.updated_at is the moment of the last change, whoever made it.
create trigger update_covers_updated_at
    before update on covers
    for each row execute function update_updated_at_column();
