"""The list of distributors; each one's record is an organization's."""

from crm.blueprints import lists
from crm.queries.lists import DISTRIBUTORS

bp = lists.of(DISTRIBUTORS, new="organizations.new", new_as="distributor")
