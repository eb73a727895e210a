-- Counts follow rows that change.
create trigger count_changed_interactions
    after update on interaction_principals
    referencing old table as was new table as fresh
    for each statement execute function count_interactions();
