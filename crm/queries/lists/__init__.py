"""Lists, the same parts for every noun: search, filters, orders, pages, counts.

`listing.py` says what a noun declares; `organizations.py` and `contacts.py` do so.
"""

from crm.queries.lists.contacts import CONTACTS
from crm.queries.lists.counts import MOST_COUNTED, Count, Counts, count
from crm.queries.lists.distributors import DISTRIBUTORS
from crm.queries.lists.interactions import INTERACTIONS
from crm.queries.lists.listing import Asker, Case, Column, Filter, Listing, SearchKey, Sort
from crm.queries.lists.offers import Choice, choices
from crm.queries.lists.opportunities import OPPORTUNITIES
from crm.queries.lists.organizations import ORGANIZATIONS
from crm.queries.lists.pages import (
    Found,
    all_of,
    every,
    existing,
    keys,
    look,
    numbered,
    page,
    stream,
)
from crm.queries.lists.products import PRODUCTS
from crm.queries.lists.samples import SAMPLES
from crm.queries.lists.wanted import Wanted

LISTS = {
    listing.name: listing
    for listing in (ORGANIZATIONS, CONTACTS, OPPORTUNITIES, PRODUCTS, DISTRIBUTORS, INTERACTIONS, SAMPLES)
}
"""Every list there is, by its name in addresses."""

__all__ = [
    "CONTACTS",
    "DISTRIBUTORS",
    "INTERACTIONS",
    "LISTS",
    "MOST_COUNTED",
    "OPPORTUNITIES",
    "ORGANIZATIONS",
    "PRODUCTS",
    "SAMPLES",
    "Asker",
    "Case",
    "Choice",
    "Column",
    "Count",
    "Counts",
    "Filter",
    "Found",
    "Listing",
    "SearchKey",
    "Sort",
    "Wanted",
    "all_of",
    "choices",
    "count",
    "every",
    "existing",
    "keys",
    "look",
    "numbered",
    "page",
    "stream",
]
