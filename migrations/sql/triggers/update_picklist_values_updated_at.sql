-- picklist_values.updated_at is the moment of the last change, whoever made it.
create trigger update_picklist_values_updated_at
    before update on picklist_values
    for each row execute function update_updated_at_column();
