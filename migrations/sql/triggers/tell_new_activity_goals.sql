-- New rows of activity_goals are told to open pages.
create trigger tell_new_activity_goals
    after insert on activity_goals
    referencing new table as fresh
    for each statement execute function tell_change('activity_goal_id');
