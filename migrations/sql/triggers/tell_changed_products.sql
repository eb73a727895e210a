-- Changed rows of products are told to open pages.
create trigger tell_changed_products
    after update on products
    referencing new table as fresh
    for each statement execute function tell_change('product_id');
