-- New rows of products are told to open pages.
create trigger tell_new_products
    after insert on products
    referencing new table as fresh
    for each statement execute function tell_change('product_id');
