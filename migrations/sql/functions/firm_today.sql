-- Today in the firm's zone, at the start of the running transaction.
create or replace function firm_today() returns date
    language sql stable parallel safe
as $$
    select (now() at time zone firm_zone())::date
$$;
