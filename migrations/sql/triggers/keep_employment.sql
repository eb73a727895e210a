-- The trail of where a contact has worked follows.
create trigger keep_employment
    after update of organization_id, position, left_on on contacts
    for each row when (
        (new.organization_id, new.position, new.left_on)
            is distinct from (old.organization_id, old.position, old.left_on)
    )
    execute function keep_employment();
