-- A newer advocacy ends the one before it.
create trigger end_advocacy
    before insert on contact_advocacies
    for each row when (new.until_on is null and new.deleted_at is null)
    execute function end_advocacy();
