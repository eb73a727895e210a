-- Changed rows of samples go into the audit trail.
create trigger audit_changed_samples
    after update on samples
    referencing old table as was new table as fresh
    for each statement execute function audit('sample_id');
