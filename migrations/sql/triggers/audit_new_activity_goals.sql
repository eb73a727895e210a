-- New rows of activity_goals go into the audit trail.
create trigger audit_new_activity_goals
    after insert on activity_goals
    referencing new table as fresh
    for each statement execute function audit('activity_goal_id');
