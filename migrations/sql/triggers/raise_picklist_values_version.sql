-- picklist_values.version counts every change, whoever made it.
create trigger raise_picklist_values_version
    before update on picklist_values
    for each row execute function raise_version();
