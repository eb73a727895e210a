-- For triggers after interaction_principals changes (`was` = rows before, `fresh` = rows after): the only writer of the
-- numbers of interactions. It appends, so that two people who log for the same principal never wait for one another;
-- fold_principal_deltas adds up later. Weeks are the firm's; author 0 = nobody known.
create or replace function count_interactions() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    if tg_op = 'INSERT' then
        insert into principal_deltas (principal_id, week_on, author_id, interaction_type, interactions)
        select principal_id, firm_week(interaction_date) as week_on, coalesce(author_id, 0) as author, interaction_type,
            count(*)
        from fresh
        where counts
        group by principal_id, week_on, author, interaction_type;
    elsif tg_op = 'DELETE' then
        insert into principal_deltas (principal_id, week_on, author_id, interaction_type, interactions)
        select principal_id, firm_week(interaction_date) as week_on, coalesce(author_id, 0) as author, interaction_type,
            -count(*)
        from was
        where counts
        group by principal_id, week_on, author, interaction_type;
    else
        insert into principal_deltas (principal_id, week_on, author_id, interaction_type, interactions)
        select principal_id, firm_week(interaction_date) as week_on, coalesce(author_id, 0) as author, interaction_type,
            sum(n)
        from (
            select principal_id, interaction_date, author_id, interaction_type, 1 as n from fresh where counts
            union all
            select principal_id, interaction_date, author_id, interaction_type, -1 from was where counts
        ) as change
        group by principal_id, week_on, author, interaction_type
        having sum(n) <> 0;
    end if;
    return null;
end
$$;
