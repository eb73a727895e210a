-- New rows of samples are told to open pages.
create trigger tell_new_samples
    after insert on samples
    referencing new table as fresh
    for each statement execute function tell_change('sample_id');
