-- Changed rows of organizations are told to open pages.
create trigger tell_changed_organizations
    after update on organizations
    referencing new table as fresh
    for each statement execute function tell_change('organization_id');
