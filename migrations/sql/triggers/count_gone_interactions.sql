-- Counts follow rows that go.
create trigger count_gone_interactions
    after delete on interaction_principals
    referencing old table as was
    for each statement execute function count_interactions();
