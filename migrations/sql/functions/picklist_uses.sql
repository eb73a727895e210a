-- How many rows hold each word of a picklist; archived rows count, for they come back with their words.
-- Read by the page where admins keep the lists, and by keep_used_words.
create or replace function picklist_uses(list picklist_enum) returns table (value text, uses bigint)
    language sql stable parallel safe
as $$
    select word, count(*)
    from (
        select segment from organizations where list = 'segment'
        union all select context from opportunities where list = 'context'
        union all select source from opportunities where list = 'source'
        union all select close_reason from opportunities where list = 'close reason'
        union all select activity from interactions where list = 'activity'
        union all select position from contacts where list = 'position'
        union all select category from products where list = 'product category'
        union all select role from opportunity_contacts where list = 'contact role'
        union all select unnest(tags) from organizations where list = 'tag'
        union all select unnest(tags) from opportunities where list = 'tag'
    ) as held (word)
    where word is not null
    group by word
$$;
