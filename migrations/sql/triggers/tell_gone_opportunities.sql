-- Rows that go of opportunities are told to open pages.
create trigger tell_gone_opportunities
    after delete on opportunities
    referencing old table as fresh
    for each statement execute function tell_change('opportunity_id');
