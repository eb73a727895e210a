-- New rows of organizations are told to open pages.
create trigger tell_new_organizations
    after insert on organizations
    referencing new table as fresh
    for each statement execute function tell_change('organization_id');
