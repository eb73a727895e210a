-- Rows that go of distributor_principals are told to open pages.
create trigger tell_gone_distributor_principals
    after delete on distributor_principals
    referencing old table as fresh
    for each statement execute function tell_change('principal_id');
