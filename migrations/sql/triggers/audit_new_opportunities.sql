-- New rows of opportunities go into the audit trail.
create trigger audit_new_opportunities
    after insert on opportunities
    referencing new table as fresh
    for each statement execute function audit('opportunity_id');
