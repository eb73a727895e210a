-- Principals came to opportunities: counts and interactions follow.
create trigger add_opportunity_principals
    after insert on opportunity_principals
    referencing new table as come
    for each statement execute function add_opportunity_principals();
