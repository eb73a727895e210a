-- For triggers after a sample or an interaction changes: an open sample carries a follow-up, so the interaction it names
-- has one and is not archived. Whether that promise is kept in time is told by the lists of promises.
create or replace function check_sample_promise() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    carriers bigint[] := array[
        case when tg_table_name = 'samples' then (to_jsonb(new) ->> 'follow_up_id')::bigint
            else (to_jsonb(new) ->> 'interaction_id')::bigint end
    ];
begin
    perform from interactions where interaction_id = any (carriers) for share;
    if exists (
        select from samples s
        join interactions i on i.interaction_id = s.follow_up_id
        where s.follow_up_id = any (carriers)
            and s.status <> 'feedback'
            and s.deleted_at is null
            and (not i.follow_up_required or i.deleted_at is not null)
    ) then
        raise check_violation using
            message = 'an open sample would be without a follow-up',
            hint = 'Log what they said of the sample first, or give it another follow-up.',
            table = 'samples',
            constraint = 'ck_samples_promise';
    end if;
    return null;
end
$$;
