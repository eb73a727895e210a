-- samples.updated_at is the moment of the last change, whoever made it.
create trigger update_samples_updated_at
    before update on samples
    for each row execute function update_updated_at_column();
