-- Removed rows of products go into the audit trail.
create trigger audit_gone_products
    after delete on products
    referencing old table as was
    for each statement execute function audit('product_id');
