-- interactions.version counts every change, whoever made it.
create trigger raise_interactions_version
    before update on interactions
    for each row execute function raise_version();
