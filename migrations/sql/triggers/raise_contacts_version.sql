-- contacts.version counts every change, whoever made it.
create trigger raise_contacts_version
    before update on contacts
    for each row execute function raise_version();
