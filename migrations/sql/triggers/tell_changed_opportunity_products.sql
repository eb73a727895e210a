-- Changed rows of opportunity_products are told to open pages.
create trigger tell_changed_opportunity_products
    after update on opportunity_products
    referencing new table as fresh
    for each statement execute function tell_change('opportunity_id');
