-- The person of the transaction (crm/db.py, act_as), or null for nobody, the planner and commands. It may be anybody's
-- number: whether that person is there and active is told by app_role() and app_team().
create or replace function app_user_id() returns bigint
    language sql stable parallel safe
as $$
    select nullif(current_setting('app.user_id', true), '')::bigint
$$;
