-- Removed rows of organizations go into the audit trail.
create trigger audit_gone_organizations
    after delete on organizations
    referencing old table as was
    for each statement execute function audit('organization_id');
