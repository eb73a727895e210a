-- New rows of product_distributors are told to open pages.
create trigger tell_new_product_distributors
    after insert on product_distributors
    referencing new table as fresh
    for each statement execute function tell_change('product_id');
