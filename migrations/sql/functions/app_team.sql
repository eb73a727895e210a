-- Whose rows the person of the transaction may change: their own, of those who have them as manager (one level), of
-- everybody for an admin. Null for nobody and for one who is no longer active, so "is not null" means signed in.
-- crm.policy tells the same to views, before the write. Policies call it as a scalar sub-select, once for a statement,
-- and it asks who that is once and not for each person of the firm.
create or replace function app_team() returns bigint[]
    language sql stable parallel safe security definer set search_path = pg_catalog, public
as $$
    select array_agg(u.user_id)
    from users u
    where (select app_role()) is not null
        and (
            u.user_id = (select app_user_id()) or u.manager_id = (select app_user_id())
            or (select app_role()) = 'admin'
        )
$$;
revoke execute on function app_team() from public;
grant execute on function app_team() to kp_staff, kp_system;
