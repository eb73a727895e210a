"""What the address of the list of principals says: search, level, owner, segment, order, page."""

from dataclasses import dataclass
from typing import Any, Literal

from werkzeug.datastructures import MultiDict

from crm.enums import EngagementLevel
from crm.forms.lists import read_search, words_of
from crm.queries.keys import read_number
from crm.queries.lists.choices import read_word
from crm.queries.principals import NOT_CONTACTED, Key, Sort
from crm.queries.standings import Book

LEVELS: dict[str, str] = {
    **{level.short.lower(): level.value for level in EngagementLevel},
    "not-contacted": NOT_CONTACTED,
}
"""The word of a level in addresses, and the text that the query takes."""

SORTS = {Sort.COLDEST: "Coldest first", Sort.RECENT: "Last interaction", Sort.NAME: "Name"}
"""The orders on offer, as people call them."""


VIEWS = ("cards", "table")
"""How the list can be read."""


@dataclass(frozen=True)
class Filter:
    """What is asked of the list. Whatever an address says that means nothing counts as not said."""

    search: str
    level: str
    """A key of `LEVELS`, or "" for any."""
    owner: str
    """`me`, `nobody`, a user id, or "" for anybody."""
    segment: str
    sort: Sort
    after: Key | None
    view: str = ""
    """`cards` or `table` where that is chosen just now, or "" for how it was."""

    @classmethod
    def read(cls, args: "MultiDict[str, str]") -> "Filter":
        """The filter that the arguments of an address describe."""
        level, sort, owner = args.get("level", ""), args.get("sort", ""), args.get("owner", "")
        return cls(
            search=read_search(args),
            level=level if level in LEVELS else "",
            owner=owner if owner in ("me", "nobody") or read_number(owner) is not None else "",
            segment=read_word(args.get("segment", "")) or "",
            sort=Sort(sort) if sort in set(Sort) else Sort.COLDEST,
            after=Key.parse(args.get("after", "")),
            view=args["view"] if args.get("view") in VIEWS else "",
        )

    @property
    def words(self) -> list[str]:
        """Each of them must be found."""
        return words_of(self.search)

    def book(self, *, me: int) -> Book:
        """The part of the principals that is asked for."""
        return Book(owners=owners_of(self.owner, me=me), segment=self.segment)

    def address(self, **changes: object) -> dict[str, Any]:
        """Arguments of an address that asks the same but for `changes`; without `after` the first page."""
        said = {
            "q": self.search,
            "level": self.level,
            "owner": self.owner,
            "segment": self.segment,
            "sort": self.sort,
            "after": "",
            **changes,
        }
        if said["sort"] == Sort.COLDEST:
            said["sort"] = ""
        return {name: str(value) for name, value in said.items() if value}


def owners_of(word: str, *, me: int) -> tuple[int | Literal["nobody"], ...]:
    """Whom an owner in an address names: `me`, `nobody`, or a user by number; none for anything else."""
    if word == "nobody":
        return ("nobody",)
    number = me if word == "me" else read_number(word)
    return () if number is None else (number,)
