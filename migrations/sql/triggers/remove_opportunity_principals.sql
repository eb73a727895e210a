-- Principals left opportunities: counts and interactions follow.
create trigger remove_opportunity_principals
    after delete on opportunity_principals
    referencing old table as went
    for each statement execute function remove_opportunity_principals();
