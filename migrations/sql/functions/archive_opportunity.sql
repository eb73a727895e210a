-- For a trigger after an opportunity is archived or restored: it and its interactions stop or start to count for its
-- principals. It is locked `for update` by then (lock_opportunity).
create or replace function archive_opportunity() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    insert into principal_deltas (principal_id, opportunities)
    select principal_id, case when new.deleted_at is null then 1 else -1 end
    from opportunity_principals
    where opportunity_id = new.opportunity_id;

    update interaction_principals ip
    set counts = not ip.counts
    from interactions i
    where i.opportunity_id = new.opportunity_id
        and ip.interaction_id = i.interaction_id
        and ip.counts <> (i.is_touch and i.deleted_at is null and new.deleted_at is null);
    return null;
end
$$;
