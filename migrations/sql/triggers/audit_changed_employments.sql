-- Changed rows of employments go into the audit trail.
create trigger audit_changed_employments
    after update on employments
    referencing old table as was new table as fresh
    for each statement execute function audit('employment_id');
