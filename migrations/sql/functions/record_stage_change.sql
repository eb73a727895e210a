-- For triggers after an opportunity is made or changes its stage: one row of its stage timeline, so that no writer can
-- forget it. Who did it is the person of the transaction; nobody for the system and for commands.
-- A move that is taken back leaves the timeline as it was before: the opportunity is in the former stage again, since
-- the very moment at which it had come there.
create or replace function record_stage_change() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    if tg_op = 'UPDATE' then
        delete from opportunity_stage_changes last
        where last.opportunity_id = new.opportunity_id
            and (last.from_stage, last.to_stage) = (new.stage, old.stage)
            and last.changed_at = old.stage_changed_at
            and new.stage_changed_at < old.stage_changed_at
            and exists (
                select from opportunity_stage_changes before
                where before.opportunity_id = new.opportunity_id
                    and before.to_stage = new.stage
                    and before.changed_at = new.stage_changed_at
            );
        if found then
            return null;
        end if;
    end if;

    insert into opportunity_stage_changes (opportunity_id, from_stage, to_stage, changed_at, changed_by)
    values (
        new.opportunity_id,
        case when tg_op = 'UPDATE' then old.stage end,
        new.stage,
        new.stage_changed_at,
        nullif(current_setting('app.user_id', true), '')::bigint
    );
    return null;
end
$$;
