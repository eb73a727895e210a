-- Set what somebody may do: role, manager, and whether they can sign in. kp_staff holds no right on these columns, so
-- whatever a page asks for, an account changes only where the person of the transaction is an admin. Commands, which
-- run as the owner without a person, may as well. Rules for people (the last admin, a manager's team) are the service's.
create or replace function change_account(
    account bigint, new_role role_enum, new_manager bigint, can_sign_in boolean
) returns void
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    if current_setting('role') not in ('none', 'kp_owner') and app_role() is distinct from 'admin' then
        raise insufficient_privilege using message = 'only an admin changes accounts';
    end if;

    update users
    set role = new_role, manager_id = new_manager, active = can_sign_in
    where user_id = account;
end
$$;
revoke execute on function change_account(bigint, role_enum, bigint, boolean) from public;
grant execute on function change_account(bigint, role_enum, bigint, boolean) to kp_staff;
