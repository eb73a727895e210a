-- employments.version counts every change, whoever made it.
create trigger raise_employments_version
    before update on employments
    for each row execute function raise_version();
