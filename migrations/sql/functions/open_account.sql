-- Make an account, for whoever may: an admin on a page, or a command, which runs as the owner without a person. kp_staff
-- may not insert users by itself. Answers the key of the new row; a taken address raises uq_users_email.
create or replace function open_account(
    address text, name text, new_role role_enum, new_manager bigint, zone text, password_hash text, uniquifier text
) returns bigint
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    account bigint;
begin
    if current_setting('role') not in ('none', 'kp_owner') and app_role() is distinct from 'admin' then
        raise insufficient_privilege using message = 'only an admin makes accounts';
    end if;

    insert into users (email, full_name, role, manager_id, time_zone, password, fs_uniquifier)
    values (address, name, new_role, new_manager, zone, password_hash, uniquifier)
    returning user_id into account;
    return account;
end
$$;
revoke execute on function open_account(text, text, role_enum, bigint, text, text, text) from public;
grant execute on function open_account(text, text, role_enum, bigint, text, text, text) to kp_staff;
