-- New rows of opportunity_principals go into the audit trail.
create trigger audit_new_opportunity_principals
    after insert on opportunity_principals
    referencing new table as fresh
    for each statement execute function audit('opportunity_id', 'principal_id');
