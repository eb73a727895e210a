-- Choosing a principal by hand that was derived before turns the one into the other. The name sorts after
-- lock_opportunity_of_principals, which has to run first.
create trigger make_room_for_chosen_principal
    before insert on opportunity_principals
    for each row when (not new.is_derived)
    execute function choose_opportunity_principal();
