-- The trail of where a contact has worked begins when the contact is added.
create trigger keep_first_employment
    after insert on contacts
    for each row when (new.organization_id is not null)
    execute function keep_employment();
