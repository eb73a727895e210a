-- For triggers before a principal is named by hand on an interaction, or is no longer: takes the same locks in the same
-- order as a change of the interaction would, so that one that moves meanwhile takes no principal along, and of two who
-- name principals on it at once one waits: each could want what the other holds. On the way in it also fills in the
-- copies, and a derived row for the same principal makes room, so that naming is a plain insert for every writer.
create or replace function name_interaction_principal() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    its_interaction bigint;
    its_opportunity bigint;
begin
    if tg_op = 'DELETE' then
        its_interaction := old.interaction_id;
    else
        its_interaction := new.interaction_id;
    end if;
    select opportunity_id into its_opportunity from interactions where interaction_id = its_interaction for no key update;
    perform from opportunities where opportunity_id = its_opportunity for key share;
    if tg_op = 'DELETE' then
        return old;
    end if;

    select i.interaction_date, i.author_id, i.interaction_type,
        i.is_touch and i.deleted_at is null and o.deleted_at is null
    into new.interaction_date, new.author_id, new.interaction_type, new.counts
    from interactions i
    left join opportunities o using (opportunity_id)
    where i.interaction_id = new.interaction_id;

    delete from interaction_principals
    where interaction_id = new.interaction_id and principal_id = new.principal_id and is_derived;
    return new;
end
$$;
