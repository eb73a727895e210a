-- Favourites that go are told to open pages of the person whose they are, and to nobody else.
create trigger tell_gone_favorites
    after delete on favorites
    referencing old table as fresh
    for each statement execute function tell_change('record_id', 'user_id');
