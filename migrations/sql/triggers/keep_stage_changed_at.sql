-- A new stage has a moment since when.
create trigger keep_stage_changed_at
    before update of stage on opportunities
    for each row when (old.stage <> new.stage)
    execute function keep_stage_changed_at();
