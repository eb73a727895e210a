-- The firm's time zone, from the one row that `flask db upgrade` writes. Read by everything that tells days and weeks:
-- they must not depend on the zone of whoever is connected.
create or replace function firm_zone() returns text
    language sql stable parallel safe
as $$
    select time_zone from firm_settings
$$;
