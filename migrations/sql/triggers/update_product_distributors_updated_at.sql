-- product_distributors.updated_at is the moment of the last change, whoever made it.
create trigger update_product_distributors_updated_at
    before update on product_distributors
    for each row execute function update_updated_at_column();
