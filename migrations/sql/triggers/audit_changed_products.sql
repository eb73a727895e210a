-- Changed rows of products go into the audit trail.
create trigger audit_changed_products
    after update on products
    referencing old table as was new table as fresh
    for each statement execute function audit('product_id');
