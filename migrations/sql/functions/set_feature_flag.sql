-- Switch a feature on or off, for everybody or (any of the others not empty) for some roles, for single people, for a part
-- of everybody, note who did, and tell the live updates (crm/live.py), which are one of them. kp_staff may only read feature_flags, so whatever a page asks for, a feature is switched
-- only where the person of the transaction is an admin. Commands, which run as the owner without a person, may as well.
create or replace function set_feature_flag(
    name text, switched_on boolean, for_roles role_enum[], for_people bigint[], for_percent integer
) returns void
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    if current_setting('role') not in ('none', 'kp_owner') and app_role() is distinct from 'admin' then
        raise insufficient_privilege using message = 'only an admin switches features';
    end if;

    insert into feature_flags (flag, is_on, roles, people, percent)
    values (name, switched_on, for_roles, for_people, for_percent)
    on conflict (flag) do update
        set is_on = excluded.is_on, roles = excluded.roles, people = excluded.people, percent = excluded.percent;

    insert into feature_flag_changes (flag, is_on, roles, people, percent, changed_by)
    values (name, switched_on, for_roles, for_people, for_percent, app_user_id());

    perform pg_notify('changes', 'feature_flags:*');
end
$$;
revoke execute on function set_feature_flag(text, boolean, role_enum[], bigint[], integer) from public;
grant execute on function set_feature_flag(text, boolean, role_enum[], bigint[], integer) to kp_staff;
