-- Changed rows of interactions go into the audit trail.
create trigger audit_changed_interactions
    after update on interactions
    referencing old table as was new table as fresh
    for each statement execute function audit('interaction_id');
