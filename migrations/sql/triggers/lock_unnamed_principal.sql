-- Whoever takes a named principal off an interaction takes the locks that naming takes. PostgreSQL locks the row that
-- goes before it asks this trigger, though, and a change of the interaction comes to that row last: who takes one off
-- where others may be changing it locks the interaction first, with `select … for no key update`.
create trigger lock_unnamed_principal
    before delete on interaction_principals
    for each row when (not old.is_derived)
    execute function name_interaction_principal();
