-- Changed rows of opportunities are told to open pages.
create trigger tell_changed_opportunities
    after update on opportunities
    referencing new table as fresh
    for each statement execute function tell_change('opportunity_id');
