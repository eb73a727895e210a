-- Rows that go of opportunity_products are told to open pages.
create trigger tell_gone_opportunity_products
    after delete on opportunity_products
    referencing old table as fresh
    for each statement execute function tell_change('opportunity_id');
