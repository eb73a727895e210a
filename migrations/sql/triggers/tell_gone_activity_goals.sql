-- Rows that go of activity_goals are told to open pages.
create trigger tell_gone_activity_goals
    after delete on activity_goals
    referencing old table as fresh
    for each statement execute function tell_change('activity_goal_id');
