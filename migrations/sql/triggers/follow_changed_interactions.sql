-- Interactions that are moved, archived, restored or corrected take their principals along.
create trigger follow_changed_interactions
    after update on interactions
    referencing old table as was new table as fresh
    for each statement execute function follow_interactions();
