-- distributor_principals.version counts every change, whoever made it.
create trigger raise_distributor_principals_version
    before update on distributor_principals
    for each row execute function raise_version();
