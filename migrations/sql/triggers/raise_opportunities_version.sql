-- opportunities.version counts every change, whoever made it.
create trigger raise_opportunities_version
    before update on opportunities
    for each row execute function raise_version();
