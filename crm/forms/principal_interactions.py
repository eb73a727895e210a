"""What the address of a principal's interactions says: which of them, and from which place on."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict

from crm.enums import InteractionType, Sentiment
from crm.queries.keys import read_day, read_number
from crm.queries.lists.interactions import slug
from crm.queries.timeline import Key, Narrow

TYPES = {slug(word.value): word for word in InteractionType}
SENTIMENTS = {slug(word.value): word for word in Sentiment}
"""Words of types and sentiments in addresses."""

COUNTED = "counted"
"""Real contact only, as the figures of the page count it."""


@dataclass(frozen=True)
class Filter:
    """What is asked. Whatever an address says that means nothing counts as not said."""

    type: str
    author: str
    """`me`, a user id, or "" for anybody."""
    sentiment: str
    only: str
    since: date | None
    until: date | None
    before: Key | None

    @classmethod
    def read(cls, args: "MultiDict[str, str]") -> "Filter":
        """The filter that the arguments of an address describe."""
        kind, sentiment, author = (args.get(name, "") for name in ("type", "sentiment", "author"))
        return cls(
            type=kind if kind in TYPES else "",
            author=author if author == "me" or read_number(author) is not None else "",
            sentiment=sentiment if sentiment in SENTIMENTS else "",
            only=COUNTED if args.get("only") == COUNTED else "",
            since=read_day(args.get("since", "")),
            until=read_day(args.get("until", "")),
            before=Key.parse(args.get("before", "")),
        )

    @property
    def is_on(self) -> bool:
        """Whether anything is asked but where to begin."""
        return bool(self.address())

    def narrow(self, *, me: int) -> Narrow:
        """The interactions that are asked for."""
        return Narrow(
            interaction_type=TYPES.get(self.type),
            author_id=me if self.author == "me" else read_number(self.author),
            sentiment=SENTIMENTS.get(self.sentiment),
            since=self.since,
            until=self.until,
            is_counted=bool(self.only),
        )

    def address(self, **changes: object) -> dict[str, Any]:
        """Arguments of an address that asks the same but for `changes`; without `before` from the newest."""
        names = ("type", "author", "sentiment", "only", "since", "until")
        said = {name: getattr(self, name) for name in names} | changes
        return {name: str(value) for name, value in said.items() if value}
