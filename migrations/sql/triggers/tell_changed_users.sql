-- Changed rows of users are told to open pages.
create trigger tell_changed_users
    after update on users
    referencing new table as fresh
    for each statement execute function tell_change('user_id');
