-- An opportunity's principals follow its products, when one comes, goes or is exchanged.
create trigger trigger_sync_opportunity_principals
    after insert or update or delete on opportunity_products
    for each row execute function sync_opportunity_principals();
