-- contacts.updated_at is the moment of the last change, whoever made it.
create trigger update_contacts_updated_at
    before update on contacts
    for each row execute function update_updated_at_column();
