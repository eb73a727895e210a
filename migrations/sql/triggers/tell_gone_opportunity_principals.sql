-- Rows that go of opportunity_principals are told to open pages.
create trigger tell_gone_opportunity_principals
    after delete on opportunity_principals
    referencing old table as fresh
    for each statement execute function tell_change('opportunity_id');
