"""What the address of the dashboard says, over what its person asked last."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import parse_qsl, urlencode

from werkzeug.datastructures import MultiDict

from crm.enums import Role
from crm.forms.lists import read_search, words_of
from crm.forms.principals import LEVELS, owners_of
from crm.models import User
from crm.queries.dashboard.frame import Frame
from crm.queries.dashboard.periods import Period
from crm.queries.dashboard.pulses import Whose
from crm.queries.keys import read_number
from crm.queries.lists.choices import read_word
from crm.queries.standings import Book

KEEP = "keep"
"""In an address: the names of the filters that were chosen just now and are to be kept, commas between."""


@dataclass(frozen=True)
class Asked:
    """What is asked of the panels. Whatever an address says that means nothing counts as not said."""

    whose: str
    """`me`, `everyone`, or a colleague by number."""
    period: Period
    level: str
    """The rest is asked of the cards: a key of `LEVELS`, or "" for any."""
    owner: str
    segment: str
    search: str

    @classmethod
    def read(cls, args: "MultiDict[str, str]", person: User, frame: Frame) -> "Asked":
        """What the arguments of an address ask; about the rest what the person asked last, and for somebody
        who never did: a rep their own book, everybody else everyone's.
        """
        said = dict(parse_qsl(frame.filters)) | args.to_dict()
        usual = "me" if person.role is Role.REP else "everyone"
        colleagues = {one.value for one in frame.choices.owners}
        whose, period = said.get("whose", ""), said.get("period", "")
        level, owner = said.get("level", ""), said.get("owner", "")
        return cls(
            whose=whose if whose in {"me", "everyone"} | colleagues else usual,
            period=Period(period) if period in set(Period) else Period.WEEK,
            level=level if level in LEVELS else "",
            owner=owner if owner in ("me", "nobody") or read_number(owner) is not None else "",
            segment=read_word(said.get("segment", "")) or "",
            search=read_search(args),
        )

    def whose_for(self, person: User) -> Whose:
        """Whose book that is."""
        return "everyone" if self.whose == "everyone" else (read_number(self.whose) or 0) or person.user_id

    def book(self, person: User) -> Book:
        """The principals among which the cards are: of the owner that is asked for, else of the book."""
        whose = self.whose_for(person)
        mine = () if whose == "everyone" else (whose,)
        return Book(owners=owners_of(self.owner, me=person.user_id) or mine, segment=self.segment)

    @property
    def words(self) -> list[str]:
        """Each of them must be found."""
        return words_of(self.search)

    def kept(self, names: Sequence[str], before: str) -> str:
        """What is remembered once these filters were chosen, as a query string; the rest is as `before`."""
        said = dict(parse_qsl(before)) | {name: value for name, value in self.said if name in names}
        return urlencode({name: value for name, value in sorted(said.items()) if value})

    @property
    def said(self) -> list[tuple[str, str]]:
        """Every filter that is remembered, with its value: all but what is searched for."""
        found = [(field.name, str(getattr(self, field.name))) for field in fields(self)]
        return [(name, value) for name, value in found if name != "search"]

    def address(self, **changes: object) -> dict[str, Any]:
        """Arguments of an address that asks the same but for `changes`. It says all of it, so that what was
        asked last plays no part.
        """
        said = dict(self.said) | {"q": self.search}
        said |= {name: str(value) for name, value in changes.items()}
        return {name: value for name, value in said.items() if value or name in ("level", "owner", "segment")}


@dataclass(frozen=True)
class Arrangement:
    """The panels in the order that a person wants, and those of them that they do not want."""

    panels: list[str]
    hidden: list[str]

    @classmethod
    def read(cls, form: "MultiDict[str, str]", known: Sequence[str]) -> "Arrangement":
        """What a form says of the panels that are `known`: every `panel` in its place, each `shown` one, and
        with which button it was sent: `move` is `up.stale`, `down.stale`, or `usual` for as it comes.
        """
        direction, _, name = form.get("move", "").partition(".")
        if direction == "usual":
            return cls([], [])
        said = [panel for panel in dict.fromkeys(form.getlist("panel")) if panel in known]
        panels = [*said, *(panel for panel in known if panel not in said)]
        if name in panels and direction in ("up", "down"):
            place = panels.index(name)
            panels.insert(max(place + (-1 if direction == "up" else 1), 0), panels.pop(place))
        shown = form.getlist("shown")
        return cls(panels, [panel for panel in panels if panel not in shown])
