-- organizations.version counts every change, whoever made it.
create trigger raise_organizations_version
    before update on organizations
    for each row execute function raise_version();
