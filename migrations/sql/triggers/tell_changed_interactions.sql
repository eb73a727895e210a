-- Changed rows of interactions are told to open pages.
create trigger tell_changed_interactions
    after update on interactions
    referencing new table as fresh
    for each statement execute function tell_change('interaction_id');
