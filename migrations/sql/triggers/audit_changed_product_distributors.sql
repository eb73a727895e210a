-- Changed rows of product_distributors go into the audit trail.
create trigger audit_changed_product_distributors
    after update on product_distributors
    referencing old table as was new table as fresh
    for each statement execute function audit('product_distributor_id');
