-- Rows that go of users are told to open pages.
create trigger tell_gone_users
    after delete on users
    referencing old table as fresh
    for each statement execute function tell_change('user_id');
