-- Removed rows of product_distributors go into the audit trail.
create trigger audit_gone_product_distributors
    after delete on product_distributors
    referencing old table as was
    for each statement execute function audit('product_distributor_id');
