-- New rows of interactions are told to open pages.
create trigger tell_new_interactions
    after insert on interactions
    referencing new table as fresh
    for each statement execute function tell_change('interaction_id');
