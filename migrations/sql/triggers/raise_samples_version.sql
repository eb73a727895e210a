-- samples.version counts every change, whoever made it.
create trigger raise_samples_version
    before update on samples
    for each row execute function raise_version();
