-- A principal that is no longer named may still be one of the opportunity's.
create trigger unname_interaction_principals
    after delete on interaction_principals
    referencing old table as went
    for each statement execute function unname_interaction_principals();
