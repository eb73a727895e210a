"""The list of samples; each one is kept on its opportunity."""

from crm.blueprints import lists
from crm.queries.lists import SAMPLES

bp = lists.of(SAMPLES)
