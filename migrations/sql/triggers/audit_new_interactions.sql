-- New rows of interactions go into the audit trail.
create trigger audit_new_interactions
    after insert on interactions
    referencing new table as fresh
    for each statement execute function audit('interaction_id');
