-- Changed rows of organizations go into the audit trail.
create trigger audit_changed_organizations
    after update on organizations
    referencing old table as was new table as fresh
    for each statement execute function audit('organization_id');
