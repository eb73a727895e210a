"""The list of contacts."""

from crm.blueprints import lists
from crm.queries.lists import CONTACTS

bp = lists.of(CONTACTS, new="contacts.new")
