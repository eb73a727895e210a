-- Changed rows of opportunities go into the audit trail.
create trigger audit_changed_opportunities
    after update on opportunities
    referencing old table as was new table as fresh
    for each statement execute function audit('opportunity_id');
