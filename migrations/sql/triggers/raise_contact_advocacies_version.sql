-- contact_advocacies.version counts every change, whoever made it.
create trigger raise_contact_advocacies_version
    before update on contact_advocacies
    for each row execute function raise_version();
