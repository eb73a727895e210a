-- New rows of employments go into the audit trail.
create trigger audit_new_employments
    after insert on employments
    referencing new table as fresh
    for each statement execute function audit('employment_id');
