-- The opportunities about a product follow when it changes its principal. Archiving a product changes nothing for them.
create trigger move_product_to_principal
    after update of principal_id on products
    for each row when (old.principal_id <> new.principal_id)
    execute function move_product_to_principal();
