-- An open sample carries a follow-up.
create trigger check_sample_promise
    after insert or update of follow_up_id, status, deleted_at on samples
    for each row when (new.follow_up_id is not null)
    execute function check_sample_promise();
