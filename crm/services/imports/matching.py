"""Which rows of a file mean the same organization, and which one of the book it is.

Rows and organizations with the same generous key (`organization_names.bare`) are one while at most one city
occurs among them. With two or more cities every city is a branch of a chain, and what names no city could be
any of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from crm.queries.organization_names import Named, bare, by_key, folded
from crm.services.imports.problems import Problem, Weight
from crm.services.imports.rows import OrganizationRow


@dataclass(frozen=True, slots=True)
class Match:
    """The rows that mean one organization, in the order of the file, and that organization.

    `known` is None if the book does not have it yet.
    """

    rows: Sequence[OrganizationRow]
    known: Named | None


def match(rows: Iterable[OrganizationRow], book: Iterable[Named]) -> tuple[list[Match], list[Problem]]:
    """Find each row's organization in `book`. Rows of which that cannot be said are told as problems."""
    groups: dict[str, list[OrganizationRow]] = defaultdict(list)
    for row in rows:
        groups[bare(row.name)].append(row)
    known = by_key(book)
    found = [one for key, group in groups.items() for one in _match_group(group, known.get(key, ()))]
    matches = [one for one in found if isinstance(one, Match)]
    return matches, [one for one in found if isinstance(one, Problem)]


def _match_group(rows: Sequence[OrganizationRow], known: Sequence[Named]) -> Iterator[Match | Problem]:
    cities = {
        bare(city): city for city in (*(one.city for one in known), *(row.city for row in rows)) if city
    }
    if len(cities) <= 1:
        yield from _match_or_archived(rows, known)
        return
    by_city: dict[str, list[OrganizationRow]] = defaultdict(list)
    for row in rows:
        by_city[bare(row.city) if row.city else ""].append(row)
    for row in by_city.pop("", []):
        shown = ", ".join(sorted(cities.values()))
        yield Problem(
            row.row,
            Weight.ROW_LEFT_OUT,
            "name",
            f"there are branches in several cities ({shown}) and the row names none",
            remedy="Fill in the city and import the file again.",
            text=row.name,
        )
    for city, branch in by_city.items():
        yield from _match_or_archived(branch, [one for one in known if one.city and bare(one.city) == city])


def _match_or_archived(rows: Sequence[OrganizationRow], known: Sequence[Named]) -> Iterator[Match | Problem]:
    """The best of `known`: one not archived, spelled as closely as can be, the oldest."""
    first = rows[0]
    best = min(
        known,
        key=lambda one: (
            one.is_archived,
            one.name != first.name,
            folded(one.name) != folded(first.name),
            one.organization_id,
        ),
        default=None,
    )
    if best is None or not best.is_archived:
        yield Match(rows, best)
        return
    for row in rows:
        yield Problem(
            row.row,
            Weight.ROW_LEFT_OUT,
            "name",
            "this organization was archived",
            remedy="Restore it first, or take the row out of the file.",
            text=row.name,
        )
