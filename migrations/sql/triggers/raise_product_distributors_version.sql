-- product_distributors.version counts every change, whoever made it.
create trigger raise_product_distributors_version
    before update on product_distributors
    for each row execute function raise_version();
