-- opportunity_contacts.updated_at is the moment of the last change, whoever made it.
create trigger update_opportunity_contacts_updated_at
    before update on opportunity_contacts
    for each row execute function update_updated_at_column();
