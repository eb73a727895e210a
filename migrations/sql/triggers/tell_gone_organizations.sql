-- Rows that go of organizations are told to open pages.
create trigger tell_gone_organizations
    after delete on organizations
    referencing old table as fresh
    for each statement execute function tell_change('organization_id');
