-- Whether the person of the transaction may change all of these records, as the policies of their tables say; the system
-- may. Functions that run as the owner ask here what a policy would have told.
create or replace function may_merge(what record_kind_enum, numbers bigint[]) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
as $$
    select current_setting('role') = 'kp_system' or (
        app_team() is not null
        and not exists (
            select from organizations o
            where what = 'organization' and o.organization_id = any (numbers)
                and coalesce(o.owner_id, o.second_owner_id) is not null
                and not coalesce(o.owner_id = any (app_team()), false)
                and not coalesce(o.second_owner_id = any (app_team()), false)
        )
        and not exists (
            select from contacts c
            where what = 'contact' and c.contact_id = any (numbers)
                and c.owner_id is not null and not c.owner_id = any (app_team())
        )
    )
$$;
revoke execute on function may_merge(record_kind_enum, bigint[]) from public;
