-- An opportunity that is removed for good takes its products and principals along while it is still there.
create trigger clear_opportunity
    before delete on opportunities
    for each row execute function clear_opportunity();
