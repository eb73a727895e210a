-- New rows of samples go into the audit trail.
create trigger audit_new_samples
    after insert on samples
    referencing new table as fresh
    for each statement execute function audit('sample_id');
