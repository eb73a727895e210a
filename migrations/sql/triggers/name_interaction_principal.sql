-- A principal named by hand gets its copies, and the locks that keep them true.
create trigger name_interaction_principal
    before insert on interaction_principals
    for each row when (not new.is_derived)
    execute function name_interaction_principal();
