-- Changed rows of distributor_principals go into the audit trail.
create trigger audit_changed_distributor_principals
    after update on distributor_principals
    referencing old table as was new table as fresh
    for each statement execute function audit('distributor_principal_id');
