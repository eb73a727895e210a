-- New rows of products go into the audit trail.
create trigger audit_new_products
    after insert on products
    referencing new table as fresh
    for each statement execute function audit('product_id');
