-- A word in use cannot vanish from its picklist.
create trigger keep_used_words
    before delete on picklist_values
    for each row execute function keep_used_words();
