"""Distributors that a list names: found under their name, marked as distributors, or created."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from crm.db import db
from crm.errors import Refused
from crm.models import Organization
from crm.queries import organization_names
from crm.queries.organization_names import Named, bare

MayChange: TypeAlias = Callable[[Collection[int | None]], bool]
"""Whether the person who imports may change a row with these owners; `policy.may_change` for them."""


@dataclass(slots=True)
class Established:
    """The ids of distributors by the name asked for, which of them are new, and why others are not there."""

    ids: dict[str, int] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def establish(
    names: Iterable[str], book: Iterable[Named], *, may_change: MayChange, mark: str = "is_distributor"
) -> Established:
    """Make sure that each of `names` is a distributor in the book, or a principal as `mark` says.

    It is refused where several organizations share the name, and where the one that has it is not yet marked
    as a distributor and belongs to somebody whose rows the importing person may not change.
    """
    known = organization_names.by_key(one for one in book if not one.is_archived)
    done = Established()
    for name in names:
        try:
            organization = _marked(name, known.get(bare(name), []), may_change, mark)
        except Refused as refusal:
            done.refused[name] = refusal.message
            continue
        if organization is None:
            organization = Organization(name=name, **{mark: True})
            db.session.add(organization)
            done.created.append(name)
        db.session.flush()
        done.ids[name] = organization.organization_id
        known[bare(name)] = [Named(organization.organization_id, name, is_distributor=True)]
    return done


def _marked(name: str, candidates: Sequence[Named], may_change: MayChange, mark: str) -> Organization | None:
    """That one of `candidates` which is meant, marked as `mark` says; None if there are no candidates."""
    if not candidates:
        return None
    distributors = [one for one in candidates if one.is_distributor]
    if len(candidates) > 1 and not distributors:
        raise Refused(f'several organizations are called "{name}"; mark the one that is meant')
    organization = db.session.get_one(Organization, (distributors or candidates)[0].organization_id)
    if not getattr(organization, mark):
        if not may_change((organization.owner_id, organization.second_owner_id)):
            raise Refused(f'"{name}" belongs to somebody else; ask its owner to mark it')
        setattr(organization, mark, True)
    return organization
