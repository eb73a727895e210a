-- Removed rows of employments go into the audit trail.
create trigger audit_gone_employments
    after delete on employments
    referencing old table as was
    for each statement execute function audit('employment_id');
