"""What an opportunity is about: its products, the principals they bring, and those chosen by hand."""

from collections.abc import Collection

import sqlalchemy as sa

from crm.db import db
from crm.errors import Refused
from crm.models import Opportunity, OpportunityPrincipal, OpportunityProduct, Organization, Product
from crm.queries import opportunity_twins

MOST = 500
"""Products that one opportunity may be about."""


def of(opportunity: Opportunity) -> set[int]:
    """The numbers of its products."""
    rows = sa.select(OpportunityProduct.product_id).where(
        OpportunityProduct.opportunity_id == opportunity.opportunity_id
    )
    return set(db.session.scalars(rows))


def chosen(opportunity: Opportunity) -> set[int]:
    """The numbers of the principals that were chosen by hand."""
    link = OpportunityPrincipal
    rows = sa.select(link.principal_id).where(
        link.opportunity_id == opportunity.opportunity_id, ~link.is_derived
    )
    return set(db.session.scalars(rows))


def assign(opportunity: Opportunity, *, product_ids: Collection[int], principal_ids: Collection[int]) -> bool:
    """Let an opportunity be about these products, and by hand for these principals; True if that changed it.

    Principals follow the products by a trigger: one comes with its first product and goes with its last. A
    principal in `principal_ids` that has a product here needs no choosing, so only what was chosen by hand
    before stays so; the others of them stay whatever products come and go.

    Raises `Refused` if nothing is left, or something new is not there any more.
    """
    key = opportunity.opportunity_id
    if not product_ids and not principal_ids:
        raise Refused("Choose at least one principal or one of their products.", field="principals")
    if len(product_ids) > MOST:
        raise Refused(f"That are more than {MOST} products. Split them up.", field="products")
    before = of(opportunity)
    gone, come = before - set(product_ids), set(product_ids) - before
    makers = _makers(come, kept=before & set(product_ids))
    by_hand = chosen(opportunity)
    _take_out(key, gone)
    db.session.add_all(OpportunityProduct(opportunity_id=key, product_id=number) for number in sorted(come))
    db.session.flush()
    unchosen = by_hand - set(principal_ids)
    new = set(principal_ids) - by_hand - makers
    _check_principals(new)
    _unchoose(key, unchosen)
    db.session.add_all(
        OpportunityPrincipal(opportunity_id=key, principal_id=number) for number in sorted(new)
    )
    db.session.flush()
    return bool(gone or come or unchosen or new)


def check(product_ids: Collection[int], principal_ids: Collection[int]) -> None:
    """Raises `Refused` if nothing is chosen, or something of it is not there any more."""
    if not product_ids and not principal_ids:
        raise Refused("Choose at least one principal or one of their products.", field="principals")
    if len(product_ids) > MOST:
        raise Refused(f"That are more than {MOST} products. Split them up.", field="products")
    _check_principals(set(principal_ids) - _makers(set(product_ids), kept=set()))


def take_turns(organization_id: int) -> None:
    """Wait for whoever is opening something for the same organization, so that two do not open the same."""
    key = sa.func.hashtextextended(f"opportunities of {organization_id}", 0)
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def refuse_twins(organization_id: int, product_ids: Collection[int], *, but: int | None = None) -> None:
    """Raises `Refused` if a product is in an open opportunity of the organization other than `but`."""
    found = opportunity_twins.of(organization_id, product_ids, but=but)
    if found:
        first = found[0]
        raise Refused(
            f"“{first.name}” is still open with them for {first.products_said}. "
            "Go on there, or take that out.",
            field="products",
        )


def _makers(come: set[int], *, kept: set[int]) -> set[int]:
    """The principals of these products. Raises `Refused` if one that comes is not there any more."""
    query = sa.select(Product.product_id, Product.principal_id, Product.deleted_at)
    rows = db.session.execute(query.where(Product.product_id.in_(come | kept))).all() if come | kept else ()
    if come - {row.product_id for row in rows if row.deleted_at is None}:
        raise Refused("One of these products is no longer there. Take it out.", field="products")
    return {row.principal_id for row in rows}


def _check_principals(ids: set[int]) -> None:
    known = sa.select(Organization.organization_id).where(
        Organization.organization_id.in_(ids), Organization.is_principal, Organization.deleted_at.is_(None)
    )
    if ids and set(db.session.scalars(known)) != ids:
        raise Refused("One of these is no principal of ours any more. Untick it.", field="principals")


def _take_out(opportunity_id: int, product_ids: set[int]) -> None:
    link = OpportunityProduct
    if product_ids:
        db.session.execute(
            sa.delete(link).where(link.opportunity_id == opportunity_id, link.product_id.in_(product_ids))
        )


def _unchoose(opportunity_id: int, principal_ids: set[int]) -> None:
    """Principals are no longer chosen by hand; a trigger derives those again that have a product here."""
    link = OpportunityPrincipal
    if not principal_ids:
        return
    db.session.execute(
        sa.delete(link).where(link.opportunity_id == opportunity_id, link.principal_id.in_(principal_ids))
    )
