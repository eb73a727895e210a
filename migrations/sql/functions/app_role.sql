-- The role of the person of the transaction; null for nobody and for one who is no longer active. Policies call it as a
-- scalar sub-select, once for a statement and not once for a row.
create or replace function app_role() returns text
    language sql stable parallel safe security definer set search_path = pg_catalog, public
as $$
    select role::text from users where user_id = app_user_id() and active
$$;
revoke execute on function app_role() from public;
grant execute on function app_role() to kp_staff, kp_system;
