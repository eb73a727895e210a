-- The Monday of the firm's week in which a moment falls; null for null.
create or replace function firm_week(moment timestamptz) returns date
    language sql stable parallel safe
as $$
    select date_trunc('week', moment at time zone firm_zone())::date
$$;
