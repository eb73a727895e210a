-- Removed rows of opportunity_products go into the audit trail.
create trigger audit_gone_opportunity_products
    after delete on opportunity_products
    referencing old table as was
    for each statement execute function audit('opportunity_id', 'product_id');
