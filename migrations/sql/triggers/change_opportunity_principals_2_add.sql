-- An exchanged principal is one that left and one that came; by their names this trigger runs second.
create trigger change_opportunity_principals_2_add
    after update on opportunity_principals
    referencing new table as come
    for each statement execute function add_opportunity_principals();
