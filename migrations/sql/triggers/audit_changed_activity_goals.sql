-- Changed rows of activity_goals go into the audit trail.
create trigger audit_changed_activity_goals
    after update on activity_goals
    referencing old table as was new table as fresh
    for each statement execute function audit('activity_goal_id');
