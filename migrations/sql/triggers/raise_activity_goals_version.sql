-- activity_goals.version counts every change, whoever made it.
create trigger raise_activity_goals_version
    before update on activity_goals
    for each row execute function raise_version();
