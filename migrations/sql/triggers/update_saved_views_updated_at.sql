-- saved_views.updated_at is the moment of the last change, whoever made it.
create trigger update_saved_views_updated_at
    before update on saved_views
    for each row execute function update_updated_at_column();
