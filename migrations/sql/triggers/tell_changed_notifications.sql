-- News that are read are told to open pages of the person whose they are, and to nobody else.
create trigger tell_changed_notifications
    after update on notifications
    referencing new table as fresh
    for each statement execute function tell_change('notification_id', 'user_id');
