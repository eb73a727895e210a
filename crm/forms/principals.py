"""What the address of the list of principals says: search, level, order, page."""

from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from crm.enums import EngagementLevel
from crm.forms.lists import read_search, words_of
from crm.queries.principals import NOT_CONTACTED, Key, Sort

LEVELS: dict[str, str] = {
    **{level.short.lower(): level.value for level in EngagementLevel},
    "not-contacted": NOT_CONTACTED,
}
"""The word of a level in addresses, and the text that the query takes."""

SORTS = {Sort.COLDEST: "Coldest first", Sort.RECENT: "Last interaction", Sort.NAME: "Name"}
"""The orders on offer, as people call them."""


@dataclass(frozen=True)
class Filter:
    """What is asked of the list. Whatever an address says that means nothing counts as not said."""

    search: str
    level: str
    """A key of `LEVELS`, or "" for any."""
    sort: Sort
    after: Key | None

    @classmethod
    def read(cls, args: "MultiDict[str, str]") -> "Filter":
        """The filter that the arguments of an address describe."""
        level, sort = args.get("level", ""), args.get("sort", "")
        return cls(
            search=read_search(args),
            level=level if level in LEVELS else "",
            sort=Sort(sort) if sort in set(Sort) else Sort.COLDEST,
            after=Key.parse(args.get("after", "")),
        )

    @property
    def words(self) -> list[str]:
        """Each of them must be found."""
        return words_of(self.search)

    def address(self, **changes: object) -> dict[str, Any]:
        """Arguments of an address that asks the same but for `changes`; without `after` the first page."""
        said = {"q": self.search, "level": self.level, "sort": self.sort, "after": "", **changes}
        if said["sort"] == Sort.COLDEST:
            said["sort"] = ""
        return {name: str(value) for name, value in said.items() if value}
