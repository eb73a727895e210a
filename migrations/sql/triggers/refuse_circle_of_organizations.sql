-- No organization is its own parent, however far up.
create trigger refuse_circle_of_organizations
    after insert or update of parent_organization_id on organizations
    for each row when (new.parent_organization_id is not null)
    execute function refuse_circle('organization_id', 'parent_organization_id');
