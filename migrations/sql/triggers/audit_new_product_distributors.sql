-- New rows of product_distributors go into the audit trail.
create trigger audit_new_product_distributors
    after insert on product_distributors
    referencing new table as fresh
    for each statement execute function audit('product_distributor_id');
