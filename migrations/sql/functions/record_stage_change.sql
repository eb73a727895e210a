-- For triggers after an opportunity is made or changes its stage: one row of its stage timeline, so that no writer can
-- forget it. Who did it is the person of the transaction; nobody for the system and for commands.
create or replace function record_stage_change() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
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
