-- Removed rows of interaction_principals go into the audit trail.
create trigger audit_gone_interaction_principals
    after delete on interaction_principals
    referencing old table as was
    for each statement execute function audit('interaction_id', 'principal_id', 'interaction_date author_id interaction_type counts');
