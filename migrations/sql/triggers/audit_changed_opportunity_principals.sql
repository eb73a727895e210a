-- Changed rows of opportunity_principals go into the audit trail.
create trigger audit_changed_opportunity_principals
    after update on opportunity_principals
    referencing old table as was new table as fresh
    for each statement execute function audit('opportunity_id', 'principal_id');
