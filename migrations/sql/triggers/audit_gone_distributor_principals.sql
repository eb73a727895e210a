-- Removed rows of distributor_principals go into the audit trail.
create trigger audit_gone_distributor_principals
    after delete on distributor_principals
    referencing old table as was
    for each statement execute function audit('distributor_principal_id');
