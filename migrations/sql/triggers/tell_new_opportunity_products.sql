-- New rows of opportunity_products are told to open pages.
create trigger tell_new_opportunity_products
    after insert on opportunity_products
    referencing new table as fresh
    for each statement execute function tell_change('opportunity_id');
