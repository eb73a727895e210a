-- New interactions count for the principals of their opportunity.
create trigger follow_new_interactions
    after insert on interactions
    referencing new table as fresh
    for each statement execute function follow_interactions();
