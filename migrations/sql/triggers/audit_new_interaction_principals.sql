-- New rows of interaction_principals go into the audit trail.
create trigger audit_new_interaction_principals
    after insert on interaction_principals
    referencing new table as fresh
    for each statement execute function audit('interaction_id', 'principal_id', 'interaction_date author_id interaction_type counts');
