-- An interaction is about somebody also after its last named principal was taken off it.
create constraint trigger check_subject_of_unnamed
    after delete on interaction_principals
    deferrable initially deferred
    for each row when (not old.is_derived)
    execute function check_interaction_subject();
