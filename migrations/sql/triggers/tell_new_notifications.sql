-- News that come are told to open pages of the person whose they are, and to nobody else.
create trigger tell_new_notifications
    after insert on notifications
    referencing new table as fresh
    for each statement execute function tell_change('notification_id', 'user_id');
