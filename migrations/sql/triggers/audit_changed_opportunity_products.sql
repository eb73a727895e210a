-- Changed rows of opportunity_products go into the audit trail.
create trigger audit_changed_opportunity_products
    after update on opportunity_products
    referencing old table as was new table as fresh
    for each statement execute function audit('opportunity_id', 'product_id');
