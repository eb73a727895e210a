-- Removed rows of samples go into the audit trail.
create trigger audit_gone_samples
    after delete on samples
    referencing old table as was
    for each statement execute function audit('sample_id');
