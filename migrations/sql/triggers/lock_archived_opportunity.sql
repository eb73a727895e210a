-- Whoever archives or restores an opportunity locks it against new interactions first: see the function.
create trigger lock_archived_opportunity
    before update of deleted_at on opportunities
    for each row when ((old.deleted_at is null) <> (new.deleted_at is null))
    execute function lock_opportunity();
