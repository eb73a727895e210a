-- New rows of opportunity_principals are told to open pages.
create trigger tell_new_opportunity_principals
    after insert on opportunity_principals
    referencing new table as fresh
    for each statement execute function tell_change('opportunity_id');
