-- Rows that go of products are told to open pages.
create trigger tell_gone_products
    after delete on products
    referencing old table as fresh
    for each statement execute function tell_change('product_id');
