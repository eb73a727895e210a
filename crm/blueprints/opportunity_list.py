"""The list of opportunities."""

from crm.blueprints import lists
from crm.queries.lists import OPPORTUNITIES

bp = lists.of(OPPORTUNITIES, new="opportunity_entry.new", board="opportunity_board.show")
