-- feature_flags.updated_at is the moment of the last change, whoever made it.
create trigger update_feature_flags_updated_at
    before update on feature_flags
    for each row execute function update_updated_at_column();
