-- Removed rows of activity_goals go into the audit trail.
create trigger audit_gone_activity_goals
    after delete on activity_goals
    referencing old table as was
    for each statement execute function audit('activity_goal_id');
