-- The stage timeline begins when the opportunity is made.
create trigger record_first_stage
    after insert on opportunities
    for each row execute function record_stage_change();
