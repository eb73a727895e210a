-- For triggers after a contact is added, or changes organization, position or the day they left: the trail of where they
-- have worked follows. A new organization ends the time at the old one, on the day they left it or today; a position
-- that changes within an organization is only what they are called there now. Where the organization was merged into
-- another one, or that is taken back, nobody moved: the merge brings the trail along.
create or replace function keep_employment() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    moved_on date;
begin
    if tg_op = 'INSERT' then
        insert into employments (contact_id, organization_id, position, ended_on)
        values (new.contact_id, new.organization_id, new.position, new.left_on);
        return null;
    end if;

    if exists (
        select from merge_log
        where kind = 'organization'
            and (
                (survivor_id, absorbed_id) = (new.organization_id, old.organization_id) and split_at is null
                or (survivor_id, absorbed_id) = (old.organization_id, new.organization_id) and split_at = now()
            )
    ) then
        return null;
    end if;

    if new.organization_id is distinct from old.organization_id then
        moved_on := coalesce(old.left_on, firm_today());
        update employments
        set ended_on = greatest(moved_on, started_on)
        where contact_id = new.contact_id and ended_on is null;
        insert into employments (contact_id, organization_id, position, started_on, ended_on)
        select new.contact_id, new.organization_id, new.position,
            case when old.organization_id is not null then moved_on end,
            -- left already when it became known that they had been there
            case when new.left_on <> old.left_on or old.left_on is null then
                case when new.left_on is not null then greatest(new.left_on, moved_on) end
            end
        where new.organization_id is not null;
    elsif new.left_on is distinct from old.left_on then
        update employments
        set ended_on = case when new.left_on is not null then greatest(new.left_on, started_on) end
        where employment_id = (
            select employment_id
            from employments
            where contact_id = new.contact_id and organization_id = new.organization_id
            order by ended_on desc nulls first, employment_id desc
            limit 1
        );
    end if;

    update employments
    set position = new.position
    where contact_id = new.contact_id
        and organization_id = new.organization_id
        and ended_on is null
        and position is distinct from new.position;
    return null;
end
$$;
