"""The list of organizations."""

from crm.blueprints import lists
from crm.queries.lists import ORGANIZATIONS

bp = lists.of(ORGANIZATIONS, new="organizations.new")
