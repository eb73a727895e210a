-- Changed rows of product_distributors are told to open pages.
create trigger tell_changed_product_distributors
    after update on product_distributors
    referencing new table as fresh
    for each statement execute function tell_change('product_id');
