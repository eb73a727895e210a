-- An archived opportunity does not count, a restored one does again.
create trigger archive_opportunity
    after update of deleted_at on opportunities
    for each row when ((old.deleted_at is null) <> (new.deleted_at is null))
    execute function archive_opportunity();
