-- Rows that go of product_distributors are told to open pages.
create trigger tell_gone_product_distributors
    after delete on product_distributors
    referencing old table as fresh
    for each statement execute function tell_change('product_id');
