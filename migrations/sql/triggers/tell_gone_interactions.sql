-- Rows that go of interactions are told to open pages.
create trigger tell_gone_interactions
    after delete on interactions
    referencing old table as fresh
    for each statement execute function tell_change('interaction_id');
