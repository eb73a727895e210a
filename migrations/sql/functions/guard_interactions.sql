-- For a trigger before a person changes an interaction: anyone signed in may complete or reopen its promise, and move one
-- that nobody keeps; the rest is for its author, for who keeps the promise, for their managers and for admins.
create or replace function guard_interactions() returns trigger
    language plpgsql
as $$
declare
    team bigint[] := app_team();
    anybodys text[] := '{completed_at,completed_by,completed_with,version,updated_at}';
begin
    if old.author_id = any (team) or old.owner_id = any (team) or (old.author_id is null and old.owner_id is null) then
        return new;
    end if;
    if old.owner_id is null then
        anybodys := anybodys || '{follow_up_date,follow_up_note,owner_id,snoozed_until_on,times_rescheduled}'::text[];
    end if;
    if to_jsonb(new) - anybodys is distinct from to_jsonb(old) - anybodys then
        raise insufficient_privilege using
            message = format('interaction %s is not this person''s to change', old.interaction_id),
            hint = 'Its author, who keeps its promise, their manager or an admin can.';
    end if;
    return new;
end
$$;
