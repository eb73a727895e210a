-- Everything that hangs on the absorbed record of a merge hangs on the survivor from now on. Where both have what one of
-- them can have only once (a star, a place on an opportunity, a current word of how they speak of a maker), the survivor's
-- stays and the other one ends, makes room or is archived; merge_moves remembers each row, so that split_records can put
-- it back. Doing it again moves what came meanwhile and nothing else. Answers how many rows it touched. With `most` it
-- ends when there were so many, and goes on when it is asked again in the same transaction; all is done when there were fewer.
-- What triggers derive (principals of opportunities and interactions by their products, counts) follows by itself.
-- The old row stays as it is, archived. Levels of the past (engagement_changes) and the trail (audit_log) are history of
-- the old row and stay with it, as do archived lines of distribution; the history of the survivor reads both.
create or replace function merge_children(merge bigint, most bigint default null) returns bigint
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    what text;
    s text;  -- the survivor, as text of a number
    a text;  -- the absorbed one
    pages text;  -- addresses under which it was seen
    key_of_firm text := 'principal|distributor|organization|speaks-of';
    asks text;
    moved bigint := 0;
begin
    select kind::text, survivor_id::text, absorbed_id::text into what, s, a from merge_log where merge_log_id = merge;

    if what = 'organization' then
        -- Whoever changes the principals of opportunities locks these first; in the order of their keys, so that two
        -- who do the same never wait for one another.
        perform from opportunities o
        where o.organization_id = a::bigint or o.distributor_id = a::bigint
            or exists (
                select from opportunity_principals op
                where op.opportunity_id = o.opportunity_id and op.principal_id = a::bigint
            )
        order by o.opportunity_id
        for update;

        moved := moved + merge_set(merge, 'organizations', 'parent_organization_id', s,
            format('t.parent_organization_id = %s and t.organization_id <> %s', a, s), most - moved);
        if moved >= most then
            return moved;
        end if;
        moved := moved + merge_set(merge, 'organizations', 'usual_distributor_id', s,
            format('t.usual_distributor_id = %s and t.organization_id <> %s', a, s), most - moved);
        if moved >= most then
            return moved;
        end if;
        moved := moved + merge_set(merge, 'organization_aliases', 'organization_id', s, format('t.organization_id = %s', a));
        moved := moved + merge_set(merge, 'employments', 'organization_id', s, format('t.organization_id = %s', a), most - moved);
        if moved >= most then
            return moved;
        end if;
        moved := moved + merge_set(merge, 'contacts', 'organization_id', s, format('t.organization_id = %s', a), most - moved);
        if moved >= most then
            return moved;
        end if;

        moved := moved + merge_set(merge, 'products', 'principal_id', s, format('t.principal_id = %s', a), most - moved);
        if moved >= most then
            return moved;
        end if;
        moved := moved + merge_set(merge, 'opportunities', 'organization_id', s, format('t.organization_id = %s', a), most - moved);
        if moved >= most then
            return moved;
        end if;
        moved := moved + merge_set(merge, 'opportunities', 'distributor_id', s, format('t.distributor_id = %s', a), most - moved);
        if moved >= most then
            return moved;
        end if;
        moved := moved + merge_add(merge, 'opportunity_principals', 'opportunity_id, principal_id, is_derived, created_at', format(
            'select opportunity_id, %s, false, created_at from opportunity_principals x'
            ' where principal_id = %s and not is_derived and not exists ('
            '   select from opportunity_principals y'
            '   where y.opportunity_id = x.opportunity_id and y.principal_id = %1$s and not y.is_derived)', s, a));
        moved := moved + merge_remove(merge, 'opportunity_principals', format('t.principal_id = %s and not t.is_derived', a));
        moved := moved + merge_add(merge, 'interaction_principals', 'interaction_id, principal_id, is_derived', format(
            'select interaction_id, %s, false from interaction_principals x'
            ' where principal_id = %s and not is_derived and not exists ('
            '   select from interaction_principals y'
            '   where y.interaction_id = x.interaction_id and y.principal_id = %1$s and not y.is_derived)', s, a));
        moved := moved + merge_remove(merge, 'interaction_principals', format('t.principal_id = %s and not t.is_derived', a));
        moved := moved + merge_set(merge, 'interactions', 'organization_id', s, format('t.organization_id = %s', a), most - moved);
        if moved >= most then
            return moved;
        end if;

        moved := moved + merge_set(merge, 'contact_advocacies', 'until_on', 'greatest(t.since_on, firm_today())', format(
            't.principal_id = %s and t.until_on is null and t.deleted_at is null and exists ('
            '   select from contact_advocacies y where y.contact_id = t.contact_id and y.principal_id = %s'
            '   and y.until_on is null and y.deleted_at is null)', a, s));
        moved := moved + merge_set(merge, 'contact_advocacies', 'principal_id', s, format('t.principal_id = %s', a));

        -- Of two lines for one product the survivor's stays; that it is the product's primary one is kept.
        moved := moved + merge_set(merge, 'product_distributors', 'deleted_at', 'now()', format(
            't.distributor_id = %s and t.deleted_at is null and exists ('
            '   select from product_distributors y where y.product_id = t.product_id and y.distributor_id = %s'
            '   and y.deleted_at is null)', a, s));
        moved := moved + merge_set(merge, 'product_distributors', 'is_primary', 'true', format(
            't.distributor_id = %s and t.deleted_at is null and exists ('
            '   select from product_distributors y where y.product_id = t.product_id and y.distributor_id = %s'
            '   and y.is_primary and y.deleted_at = now())', s, a));
        moved := moved + merge_set(merge, 'product_distributors', 'distributor_id', s,
            format('t.distributor_id = %s and t.deleted_at is null', a));
        moved := moved + merge_set(merge, 'distributor_principals', 'deleted_at', 'now()', format(
            't.distributor_id = %s and t.deleted_at is null and exists ('
            '   select from distributor_principals y where y.principal_id = t.principal_id and y.distributor_id = %s'
            '   and y.deleted_at is null)', a, s));
        moved := moved + merge_set(merge, 'distributor_principals', 'distributor_id', s,
            format('t.distributor_id = %s and t.deleted_at is null', a));
        moved := moved + merge_set(merge, 'distributor_principals', 'deleted_at', 'now()', format(
            't.principal_id = %s and t.deleted_at is null and exists ('
            '   select from distributor_principals y where y.distributor_id = t.distributor_id and y.principal_id = %s'
            '   and y.deleted_at is null)', a, s));
        moved := moved + merge_set(merge, 'distributor_principals', 'principal_id', s,
            format('t.principal_id = %s and t.deleted_at is null', a));

        moved := moved + merge_set(merge, 'activity_goals', 'principal_id', s, format(
            't.principal_id = %s and not exists ('
            '   select from activity_goals y where y.principal_id = %s'
            '   and coalesce(y.user_id, 0) = coalesce(t.user_id, 0))', a, s));
        moved := moved + merge_remove(merge, 'activity_goals', format('t.principal_id = %s', a));

        asks := format('(^|&)(%s)=%s(?=&|$)', key_of_firm, a);
        moved := moved + merge_set(merge, 'saved_views', 'query', format(
            'left(regexp_replace(t.query, %L, ''\1\2=%s'', ''g''), 4000)', asks, s), format('t.query ~ %L', asks));
        moved := moved + merge_set(merge, 'dashboard_preferences', 'filters', format(
            'left(regexp_replace(t.filters, %L, ''\1\2=%s'', ''g''), 4000)', asks, s), format('t.filters ~ %L', asks));
        moved := moved + merge_add(merge, 'organization_aliases', 'alias, organization_id', format(
            'select regexp_replace(lower(btrim(normalize(o.name, NFKC))), ''\s+'', '' '', ''g''), %s from organizations o'
            ' join organizations y on y.organization_id = %1$s'
            ' where o.organization_id = %s and lower(btrim(o.name)) <> lower(btrim(y.name))', s, a));
    else
        moved := moved + merge_set(merge, 'employments', 'contact_id', s, format(
            't.contact_id = %s and (t.ended_on is not null or not exists ('
            '   select from employments y where y.contact_id = %s and y.ended_on is null))', a, s));
        moved := moved + merge_set(merge, 'contacts', 'reports_to_id', s,
            format('t.reports_to_id = %s and t.contact_id <> %s', a, s));
        perform from opportunities o
        where o.primary_contact_id = a::bigint
            or exists (
                select from opportunity_contacts oc
                where oc.opportunity_id = o.opportunity_id and oc.contact_id = a::bigint
            )
        order by o.opportunity_id
        for update;
        moved := moved + merge_add(merge, 'opportunity_contacts', 'opportunity_id, contact_id, role, is_primary', format(
            'select opportunity_id, %s, role, false from opportunity_contacts where contact_id = %s', s, a));
        moved := moved + merge_set(merge, 'opportunity_contacts', 'role',
            format('(select y.role from opportunity_contacts y where y.opportunity_id = t.opportunity_id'
                ' and y.contact_id = %s)', a),
            format('t.contact_id = %s and t.role is null and exists (select from opportunity_contacts y'
                ' where y.opportunity_id = t.opportunity_id and y.contact_id = %s and y.role is not null)', s, a));
        moved := moved + merge_set(merge, 'opportunities', 'primary_contact_id', s, format('t.primary_contact_id = %s', a), most - moved);
        if moved >= most then
            return moved;
        end if;
        moved := moved + merge_remove(merge, 'opportunity_contacts', format('t.contact_id = %s', a));
        moved := moved + merge_set(merge, 'interactions', 'contact_id', s, format('t.contact_id = %s', a), most - moved);
        if moved >= most then
            return moved;
        end if;
        moved := moved + merge_set(merge, 'samples', 'contact_id', s, format('t.contact_id = %s', a), most - moved);
        if moved >= most then
            return moved;
        end if;
        moved := moved + merge_set(merge, 'contact_advocacies', 'until_on', 'greatest(t.since_on, firm_today())', format(
            't.contact_id = %s and t.until_on is null and t.deleted_at is null and exists ('
            '   select from contact_advocacies y where y.principal_id = t.principal_id and y.contact_id = %s'
            '   and y.until_on is null and y.deleted_at is null)', a, s));
        moved := moved + merge_set(merge, 'contact_advocacies', 'contact_id', s, format('t.contact_id = %s', a));
        moved := moved + merge_set(merge, 'distributor_principals', 'buyer_contact_id', s, format('t.buyer_contact_id = %s', a));
    end if;

    moved := moved + merge_add(merge, 'favorites', 'user_id, kind, record_id, created_at', format(
        'select user_id, kind, %s, created_at from favorites where kind = %L and record_id = %s', s, what, a));
    moved := moved + merge_remove(merge, 'favorites', format('t.kind = %L and t.record_id = %s', what, a));
    moved := moved + merge_add(merge, 'recent_items', 'user_id, kind, record_id, seen_at', format(
        'select user_id, kind, %s, seen_at from recent_items where kind = %L and record_id = %s', s, what, a));
    moved := moved + merge_remove(merge, 'recent_items', format('t.kind = %L and t.record_id = %s', what, a));
    pages := case what when 'organization' then 'organizations|principals' else 'contacts' end;
    moved := moved + merge_set(merge, 'notifications', 'link',
        format('regexp_replace(t.link, ''^/(%s)/%s(?=[/?#]|$)'', ''/\1/%s'')', pages, a, s),
        format('t.link ~ ''^/(%s)/%s([/?#]|$)''', pages, a));
    moved := moved + merge_set(merge, 'legacy_id_map', 'target_id', s,
        format('t.target_table = %L and t.target_id = %s', what || 's', a));
    -- Whoever was told apart from the one is told apart from the other.
    moved := moved + merge_add(merge, 'duplicate_pairs', 'kind, one_id, other_id, score, rejected_by, rejected_at', format(
        'select kind, least(%1$s, x), greatest(%1$s, x), 0, rejected_by, rejected_at from ('
        '   select p.*, case when one_id = %2$s then other_id else one_id end as x from duplicate_pairs p'
        '   where kind = %3$L and %2$s in (one_id, other_id) and rejected_at is not null) p where x <> %1$s',
        s, a, what));
    return moved;
end
$$;
revoke execute on function merge_children(bigint, bigint) from public;
grant execute on function merge_children(bigint, bigint) to kp_system;
