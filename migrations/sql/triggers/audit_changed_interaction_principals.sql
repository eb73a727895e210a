-- Changed rows of interaction_principals go into the audit trail.
create trigger audit_changed_interaction_principals
    after update on interaction_principals
    referencing old table as was new table as fresh
    for each statement execute function audit('interaction_id', 'principal_id', 'interaction_date author_id interaction_type counts');
