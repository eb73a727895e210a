-- New rows of opportunity_products go into the audit trail.
create trigger audit_new_opportunity_products
    after insert on opportunity_products
    referencing new table as fresh
    for each statement execute function audit('opportunity_id', 'product_id');
