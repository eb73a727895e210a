-- New rows of distributor_principals go into the audit trail.
create trigger audit_new_distributor_principals
    after insert on distributor_principals
    referencing new table as fresh
    for each statement execute function audit('distributor_principal_id');
