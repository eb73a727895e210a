"""The order of things: which rows of the old database are turned into ours when, and by whom.

A rehearsal (`inspecting`) and the migration walk the same steps; only where the rows go differs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from crm.services.legacy import (
    contacts,
    interactions,
    opportunities,
    organizations,
    products,
    promises,
    users,
)
from crm.services.legacy.book import Book, Writer
from crm.services.legacy.catalogue import LIVE
from crm.services.legacy.findings import Kind
from crm.services.legacy.source import Row, Source


@dataclass(frozen=True)
class Step:
    """Rows of one old table, and what is done with a part of them."""

    name: str
    rows: Sequence[Row]
    write: Callable[[Sequence[Row], Book, Writer], None] | None = None
    """None = they go to the archive only."""
    is_derived: bool = False
    """True for rows of ours that are made beside those of the table; nothing is archived then."""


def plan(source: Source, book: Book) -> list[Step]:
    """Read what belongs together, note what is odd, and say what is to be done, in order."""
    read: dict[str, list[Row]] = {name: list(source.rows(name)) for name in source.tables}

    def of(table: str) -> list[Row]:
        return read.get(table, [])

    users.remember(of("users"), book)
    firms = of("organizations")
    above = organizations.parents(firms, book)
    organizations.look(firms, book, source.shape)
    names = {(row.text("name") or "").casefold(): row.id for row in firms}
    ties = contacts.ties(of("contacts"), of("organization_contacts"))
    contacts.look(of("contacts"), book, ties, names)
    makers = products.makers(of("product_principals"))
    products.look(of("products"), book, makers)
    placements = opportunities.Placements(opportunities.listed(of("opportunity_principals")), makers, ties)
    principals = frozenset(row.id for row in firms if row.flag("is_principal"))
    opportunities.look(of("opportunities"), book, placements, principals)
    homes = {row.id: row.key("organization_id") for row in of("opportunities")}
    interactions.look(of("interactions"), of("organization_interactions"), book, homes)
    for row in of("contact_principals"):
        if row.key("principal_id") not in principals:
            book.note(row, Kind.NOT_A_PRINCIPAL, row.key("principal_id") or "")

    stocked = frozenset(
        maker
        for row in of("products")
        if not row.moment("deleted_at") and (maker := products.principal_of(row.id, makers))
    )
    logged = frozenset(row.key("opportunity_id") or "" for row in of("interactions"))
    spelled = {row.id: row.text("deal_owner") for row in of("opportunities")}

    def keeper(opportunity: str) -> int | None:
        """Our user who looks after an old opportunity; asked when accounts are there."""
        return book.owner_named(spelled.get(opportunity))

    own = {row.id: row.key("organization_id") for row in of("contacts")}
    ordered = organizations.in_order(firms, above)
    steps = [
        Step("users", of("users"), users.write),
        Step("organizations", ordered, partial(organizations.write, above=above)),
        Step("products", of("products"), partial(products.write, makers=makers)),
        Step("product_principals", of("product_principals")),
        Step("contacts", of("contacts"), partial(contacts.write, ties=ties, names=names)),
        Step("contact_principals", of("contact_principals"), contacts.write_advocacies),
        Step("organization_contacts", of("organization_contacts"), partial(contacts.write_links, homes=own)),
        Step("opportunities", of("opportunities"), partial(opportunities.write, placements=placements)),
        Step("opportunity_principals", of("opportunity_principals")),
        Step("interactions", of("interactions"), partial(interactions.write, keeper=keeper)),
        Step(
            "organization_interactions", of("organization_interactions"), interactions.write_of_organizations
        ),
        Step(promises.CARRIED, firms, promises.write_of_organizations, is_derived=True),
    ]
    if "products" in source.tables:
        default = partial(products.write_default, stocked=stocked)
        steps.append(Step(products.DEFAULT, firms, default, is_derived=True))
    if "opportunities" in source.tables:
        carry = partial(promises.write_of_opportunities, logged=logged, keeper=keeper)
        steps.append(Step(promises.CARRIED, of("opportunities"), carry, is_derived=True))
    steps += [Step(name, rows) for name, rows in read.items() if name not in LIVE]
    return [step for step in steps if step.rows]
