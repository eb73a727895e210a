-- Nobody reports to themselves, however far up.
create trigger refuse_circle_of_contacts
    after insert or update of reports_to_id on contacts
    for each row when (new.reports_to_id is not null)
    execute function refuse_circle('contact_id', 'reports_to_id');
