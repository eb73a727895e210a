-- An exchanged principal is one that left and one that came; by their names this trigger runs first.
create trigger change_opportunity_principals_1_remove
    after update on opportunity_principals
    referencing old table as went
    for each statement execute function remove_opportunity_principals();
