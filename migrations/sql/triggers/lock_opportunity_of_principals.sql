-- Whoever changes the principals of an opportunity locks it first: see the function.
create trigger lock_opportunity_of_principals
    before insert or update or delete on opportunity_principals
    for each row execute function lock_opportunity();
