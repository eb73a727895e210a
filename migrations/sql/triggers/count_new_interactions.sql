-- Counts follow rows that come.
create trigger count_new_interactions
    after insert on interaction_principals
    referencing new table as fresh
    for each statement execute function count_interactions();
