-- For a trigger before a person adds or changes an account: who signs in, as what and in whose team is for admins; what
-- else an account holds is for its own person. So nobody raises their own role.
create or replace function guard_users() returns trigger
    language plpgsql
as $$
begin
    if app_role() = 'admin' then
        return new;
    end if;
    if tg_op = 'UPDATE' and old.user_id = app_user_id()
        and (new.user_id, new.email, new.role, new.manager_id, new.active)
            is not distinct from (old.user_id, old.email, old.role, old.manager_id, old.active) then
        return new;
    end if;
    raise insufficient_privilege using
        message = format('account %s is not this person''s to change', new.user_id),
        hint = 'An admin can.';
end
$$;
