-- activity_goals.updated_at is the moment of the last change, whoever made it.
create trigger update_activity_goals_updated_at
    before update on activity_goals
    for each row execute function update_updated_at_column();
