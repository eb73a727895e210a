-- opportunity_contacts.version counts every change, whoever made it.
create trigger raise_opportunity_contacts_version
    before update on opportunity_contacts
    for each row execute function raise_version();
