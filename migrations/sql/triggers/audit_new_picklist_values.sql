-- New rows of picklist_values go into the audit trail.
create trigger audit_new_picklist_values
    after insert on picklist_values
    referencing new table as fresh
    for each statement execute function audit('picklist_value_id');
