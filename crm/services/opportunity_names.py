"""What a new opportunity is called, and into which ones an entry is split. Nothing here asks the database."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from crm.services.opportunities import Part

MOST = 255
"""Characters that a name may have."""

MOST_OF_A_NAME = 80
"""Characters of an organization's or principal's name that a proposal takes."""


@dataclass(frozen=True)
class Brought:
    """One principal of an entry, and the products of it that were chosen."""

    principal_id: int
    name: str
    product_ids: Collection[int]


def propose(organization: str, brought: Sequence[Brought], *, context: str | None, on: date) -> str:
    """`Organization - Principal - Context - Mon YYYY` (schema.md, section 3) without what is not known."""
    names = [_short(one.name) for one in brought]
    makers = " + ".join(names[:2]) if len(names) < 3 else f"{names[0]} + {len(names) - 1} more"
    said = (_short(organization), makers, context or "", f"{on:%b %Y}")
    return " - ".join(part for part in said if part)[:MOST]


def parts(
    name: str, organization: str, brought: Sequence[Brought], *, context: str | None, on: date, is_split: bool
) -> list[Part]:
    """What the entry becomes: one shared opportunity called `name`, or one for each principal.

    Split ones are each called as proposed, unless the person found a name of their own: then that, with the
    principal after it. Without a name the proposal is taken.
    """
    proposal = propose(organization, brought, context=context, on=on)
    if not is_split or len(brought) < 2:
        products = [number for one in brought for number in one.product_ids]
        return [Part(name or proposal, products, [one.principal_id for one in brought])]
    has_own_name = bool(name) and name != proposal
    return [
        Part(
            f"{name[: MOST - MOST_OF_A_NAME - 3]} - {_short(one.name)}"
            if has_own_name
            else propose(organization, [one], context=context, on=on),
            one.product_ids,
            [one.principal_id],
        )
        for one in brought
    ]


def _short(name: str) -> str:
    return name if len(name) <= MOST_OF_A_NAME else name[: MOST_OF_A_NAME - 1].rstrip() + "…"
