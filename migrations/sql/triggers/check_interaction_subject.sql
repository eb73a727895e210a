-- An interaction is about somebody, looked at when the transaction ends.
create constraint trigger check_interaction_subject
    after insert or update on interactions
    deferrable initially deferred
    for each row when (new.opportunity_id is null and new.contact_id is null and new.organization_id is null)
    execute function check_interaction_subject();
