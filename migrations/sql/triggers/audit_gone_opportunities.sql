-- Removed rows of opportunities go into the audit trail.
create trigger audit_gone_opportunities
    after delete on opportunities
    referencing old table as was
    for each statement execute function audit('opportunity_id');
