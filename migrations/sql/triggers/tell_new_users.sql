-- New rows of users are told to open pages.
create trigger tell_new_users
    after insert on users
    referencing new table as fresh
    for each statement execute function tell_change('user_id');
