"""What the pages of records share: who may change them, their timeline by days, warnings that help.

Floor 5.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, Protocol, TypeVar

from flask import Flask, Response, abort, make_response, render_template, request, url_for

from crm import filters, policy, principal_sentences, queries, record_sentences, web
from crm.errors import Forbidden
from crm.forms.base import Difference, EditForm, hidden
from crm.models.base import Versioned
from crm.queries.history import Change
from crm.queries.keys import read_number
from crm.queries.timeline import Place


class Happening(Protocol):
    """Anything that stands in a timeline."""

    @property
    def at(self) -> datetime: ...


H = TypeVar("H", bound=Happening)


@dataclass(frozen=True)
class Day:
    """What happened on one day of the reader, under its heading."""

    heading: str
    entries: Sequence[Happening]


@dataclass(frozen=True)
class Warn:
    """Something about a record that wants doing: the text, and the way out where there is one."""

    text: str
    href: str = ""
    way_out: str = ""


def days(happenings: Iterable[H], *, before: datetime | None) -> Iterator[Day]:
    """A part of a timeline by days of the reader; `before` is the moment where the part above it ended."""
    zone, today = web.person().time_zone, web.today()
    begun: date | None = filters.local_day(before, zone) if before else None
    for on, of_day in groupby(happenings, key=lambda one: filters.local_day(one.at, zone)):
        yield Day(principal_sentences.of_day(on, today, is_continued=on == begun), list(of_day))


def may_change(*owners: int | None) -> bool:
    """Whether the person signed in may change a row of these owners; asks for their team if it decides."""
    me = web.person()
    if policy.may_change(me, owners=owners, team=()):
        return True
    return policy.may_change(me, owners=owners, team=queries.users.team(me.user_id))


def must_be_allowed(*owners: int | None) -> None:
    """Raises `Forbidden`, answered 403 with the way out, unless `may_change`."""
    if not may_change(*owners):
        raise Forbidden(
            "That is a colleague's record. They, their manager or an admin can change it; you can log on it."
        )


def must_be_live(record: Versioned) -> None:
    """404 with the way out for a record that is archived: it is restored first, then changed."""
    if record.is_archived:
        abort(404, "It is archived. Restore it on its page or in the Trash, then change it.")


def may_hand_over(form: EditForm, record: Any) -> bool:
    """Whether the owners that the form names are ones whose records the person may change; says so if not.

    Nobody gives a record away into hands from which neither they nor their manager could take it.
    """
    names = [name for name in ("owner_id", "second_owner_id") if name in form.FIELDS]
    owners = [read_number(form[name].data) for name in names]
    if owners == [getattr(record, name) for name in names] or may_change(*owners):
        return True
    form[names[0]].errors = (
        "You hand a record on within your team. A manager of you both, or an admin, can give it to others.",
    )
    return False


def conflict(
    form: EditForm,
    differences: Sequence[Difference],
    *,
    title: str,
    version: int,
    newest: Change | None,
    action: str,
    back_url: str,
    active: str,
) -> Response:
    """409: both values of each field that differs, side by side, and the choice."""
    undecided = [one.name for one in differences if request.form.get("settles")]
    page = render_template(
        "records/conflict.html",
        form=form,
        differences=differences,
        carried=hidden(form),
        undecided=undecided,
        title=title,
        version=version,
        newest=newest,
        action=action,
        back_url=back_url,
        active=active,
    )
    return make_response(page, 409)


def timeline(
    happenings: Sequence[H], earlier: Place | None, before: Place | None, blueprint: str, **number: Any
) -> dict[str, Any]:
    """What a template of a timeline needs: days, and the addresses of the part before it in time: the page
    itself from there on, and the part alone for htmx.
    """
    return {
        "days": list(days(happenings, before=before.at if before else None)),
        "is_next_part": False,
        "earlier": earlier
        and url_for(f"{blueprint}.show", before=str(earlier), _anchor="timeline", **number),
        "earlier_part": earlier and url_for(f"{blueprint}.timeline", before=str(earlier), **number),
    }


def history(table: str, number: int, before: Place | None) -> dict[str, Any]:
    """What the history of a record shows: changes with their words, and where the part before them begins."""
    origins = queries.origins.of(table, number)
    found = queries.history.of(
        table,
        number,
        before=before,
        limit=queries.history.PAGE + 1,
        also=[one.absorbed_id for one in origins.merges],
    )
    changes, is_more = found[: queries.history.PAGE], len(found) > queries.history.PAGE
    last = changes[-1] if changes else None
    return {
        "changes": changes,
        "origins": origins,
        "before": before,
        "earlier": str(Place(last.at, last.rank, last.number)) if last and is_more else "",
    }


def register(app: Flask) -> None:
    """Offer the words for columns and changes to every template."""
    words = {
        "label": record_sentences.label,
        "deed": record_sentences.deed,
        "kind": record_sentences.kind,
        "said": record_sentences.said,
    }
    app.jinja_env.filters.update(words)
