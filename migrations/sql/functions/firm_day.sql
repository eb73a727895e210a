-- The day of the firm on which a moment falls; null for null.
create or replace function firm_day(moment timestamptz) returns date
    language sql stable parallel safe
as $$
    select (moment at time zone firm_zone())::date
$$;
