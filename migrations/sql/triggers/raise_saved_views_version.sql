-- saved_views.version counts every change, whoever made it.
create trigger raise_saved_views_version
    before update on saved_views
    for each row execute function raise_version();
