-- import_sessions.updated_at is the moment of the last change, whoever made it.
create trigger update_import_sessions_updated_at
    before update on import_sessions
    for each row execute function update_updated_at_column();
