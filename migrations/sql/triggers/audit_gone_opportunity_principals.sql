-- Removed rows of opportunity_principals go into the audit trail.
create trigger audit_gone_opportunity_principals
    after delete on opportunity_principals
    referencing old table as was
    for each statement execute function audit('opportunity_id', 'principal_id');
