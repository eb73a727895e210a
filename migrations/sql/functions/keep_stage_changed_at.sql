-- For a trigger before an opportunity changes its stage: since when it is there. A writer that knows better (an import,
-- a book that is made up) names the moment itself.
create or replace function keep_stage_changed_at() returns trigger
    language plpgsql
as $$
begin
    if new.stage_changed_at is not distinct from old.stage_changed_at then
        new.stage_changed_at := now();
    end if;
    return new;
end
$$;
