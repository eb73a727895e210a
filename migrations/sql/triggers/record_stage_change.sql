-- Every change of stage is in the stage timeline.
create trigger record_stage_change
    after update of stage on opportunities
    for each row when (old.stage <> new.stage)
    execute function record_stage_change();
