-- New rows of opportunities are told to open pages.
create trigger tell_new_opportunities
    after insert on opportunities
    referencing new table as fresh
    for each statement execute function tell_change('opportunity_id');
