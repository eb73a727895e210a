-- Whoever changes the products of an opportunity locks it first: see the function.
create trigger lock_opportunity_of_products
    before insert or update or delete on opportunity_products
    for each row execute function lock_opportunity();
