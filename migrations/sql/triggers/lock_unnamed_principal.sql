-- Whoever takes a named principal off an interaction takes the locks that naming takes.
create trigger lock_unnamed_principal
    before delete on interaction_principals
    for each row when (not old.is_derived)
    execute function name_interaction_principal();
