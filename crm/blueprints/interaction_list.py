"""The list of interactions."""

from crm.blueprints import lists
from crm.queries.lists import INTERACTIONS

bp = lists.of(INTERACTIONS, new="interactions.new")
