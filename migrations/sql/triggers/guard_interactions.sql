-- Who may change what of an interaction; the planner and the owner may all of it.
create trigger guard_interactions
    before update on interactions
    for each row when (current_user = 'kp_staff')
    execute function guard_interactions();
