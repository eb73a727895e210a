-- Removed rows of picklist_values go into the audit trail.
create trigger audit_gone_picklist_values
    after delete on picklist_values
    referencing old table as was
    for each statement execute function audit('picklist_value_id');
