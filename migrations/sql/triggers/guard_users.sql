-- Who may change what of an account, once somebody is signed in; commands act as the owner.
create trigger guard_users
    before insert or update on users
    for each row when (current_user = 'kp_staff')
    execute function guard_users();
