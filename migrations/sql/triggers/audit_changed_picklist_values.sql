-- Changed rows of picklist_values go into the audit trail.
create trigger audit_changed_picklist_values
    after update on picklist_values
    referencing old table as was new table as fresh
    for each statement execute function audit('picklist_value_id');
