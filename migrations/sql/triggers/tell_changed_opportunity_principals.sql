-- Changed rows of opportunity_principals are told to open pages.
create trigger tell_changed_opportunity_principals
    after update on opportunity_principals
    referencing new table as fresh
    for each statement execute function tell_change('opportunity_id');
