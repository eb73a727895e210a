-- Removed rows of interactions go into the audit trail.
create trigger audit_gone_interactions
    after delete on interactions
    referencing old table as was
    for each statement execute function audit('interaction_id');
