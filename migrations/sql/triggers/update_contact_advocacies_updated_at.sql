-- contact_advocacies.updated_at is the moment of the last change, whoever made it.
create trigger update_contact_advocacies_updated_at
    before update on contact_advocacies
    for each row execute function update_updated_at_column();
