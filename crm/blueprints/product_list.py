"""The list of products."""

from crm.blueprints import lists
from crm.queries.lists import PRODUCTS

bp = lists.of(PRODUCTS, new="products.new")
