-- For a trigger before each update of a row: when it was changed last, whoever changes it.
create or replace function update_updated_at_column() returns trigger
    language plpgsql
as $$
begin
    new.updated_at := now();
    return new;
end
$$;
