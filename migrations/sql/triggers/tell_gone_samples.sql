-- Rows that go of samples are told to open pages.
create trigger tell_gone_samples
    after delete on samples
    referencing old table as fresh
    for each statement execute function tell_change('sample_id');
