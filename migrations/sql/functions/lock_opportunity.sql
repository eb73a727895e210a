-- For triggers before a row changes the products or principals of an opportunity, or archives or restores it: whoever
-- does that takes `for update` on the opportunity, and whoever changes its interactions takes `for key share`. So
-- the two wait for one another, while any number of people log interactions on it side by side.
-- The lock comes first, in a trigger before the row: a foreign key's own lock is weaker, and two writers that both
-- held that and then wanted this would block each other for good.
create or replace function lock_opportunity() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    perform from opportunities
    where opportunity_id in (
        case when tg_op <> 'INSERT' then old.opportunity_id end,
        case when tg_op <> 'DELETE' then new.opportunity_id end
    )
    order by opportunity_id
    for update;
    if tg_op = 'DELETE' then
        return old;
    end if;
    return new;
end
$$;
