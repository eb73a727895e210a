-- products.version counts every change, whoever made it.
create trigger raise_products_version
    before update on products
    for each row execute function raise_version();
