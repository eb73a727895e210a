-- employments.updated_at is the moment of the last change, whoever made it.
create trigger update_employments_updated_at
    before update on employments
    for each row execute function update_updated_at_column();
