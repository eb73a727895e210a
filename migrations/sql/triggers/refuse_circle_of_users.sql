-- Nobody manages themselves, however far up.
create trigger refuse_circle_of_users
    after insert or update of manager_id on users
    for each row when (new.manager_id is not null)
    execute function refuse_circle('user_id', 'manager_id');
