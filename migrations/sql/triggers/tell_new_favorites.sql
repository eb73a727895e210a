-- New favourites are told to open pages of the person whose they are, and to nobody else.
create trigger tell_new_favorites
    after insert on favorites
    referencing new table as fresh
    for each statement execute function tell_change('record_id', 'user_id');
