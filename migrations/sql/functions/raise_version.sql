-- For triggers before each update of a row: one version more, also for changes by SQL. The mapper counts for itself and
-- comes to the same number, since it writes only over the version that it has read.
create or replace function raise_version() returns trigger
    language plpgsql
as $$
begin
    new.version := old.version + 1;
    return new;
end
$$;
