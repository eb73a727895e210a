-- A follow-up that an open sample carries is not taken away from under it.
create trigger check_promise_of_sample
    after update of follow_up_required, deleted_at on interactions
    for each row when (
        (old.follow_up_required and not new.follow_up_required)
        or (old.deleted_at is null and new.deleted_at is not null)
    )
    execute function check_sample_promise();
