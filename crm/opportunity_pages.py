"""What the new and the edit form of an opportunity share: choosing principals and products (floor 5)."""

from typing import Any

from crm import queries
from crm.forms.opportunities import FactsForm

AT_FIRST = 60
"""Products that are shown before anybody chose a principal or searched."""


def what(form: FactsForm, letters: str, *, but: int | None = None) -> dict[str, Any]:
    """What the choice of principals and products shows: choosing principals narrows the products, products
    bring their principals. `but` is the opportunity that the form is over, if it is there already.
    """
    principals, products = form.principals.numbers, form.products.numbers
    is_all = not principals and but is None
    shelves = queries.opportunity_entry.shelves(
        principal_ids=principals,
        chosen=products,
        letters=letters,
        is_all=is_all or (bool(letters.strip()) and not principals),
        is_beside=but is not None,
        at_most=AT_FIRST if is_all and not letters.strip() else queries.opportunity_entry.MOST_PRODUCTS,
    )
    organization = form.organization.data
    return {
        "place": queries.opportunity_entry.place(organization),
        "makers": queries.opportunity_entry.makers(),
        "shelves": shelves,
        "chosen": set(products),
        "following": [shelf.name for shelf in shelves if any(i.product_id in products for i in shelf.items)],
        "letters": letters,
        "is_all": is_all,
        "at_first": AT_FIRST,
        "twins": queries.opportunity_twins.of(organization, products, but=but) if organization else [],
    }
