"""What the address of the ledger says: whose promises, for which principal, since when, how they ended."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from werkzeug.datastructures import MultiDict

from crm.queries.keys import read_number
from crm.queries.ledger import Asked, End
from crm.queries.promises import Key

WEEKS = {4: "4 weeks", 13: "13 weeks", 52: "52 weeks"}
"""The spans on offer, up to today."""


@dataclass(frozen=True)
class Filter:
    """What is asked of the ledger. Whatever an address says that means nothing counts as not said."""

    keeper: int | None
    principal: int | None
    weeks: int
    end: End | None
    after: Key | None

    @classmethod
    def read(cls, args: "MultiDict[str, str]") -> "Filter":
        """The filter that the arguments of an address describe."""
        weeks, end = read_number(args.get("weeks", "")), args.get("end", "")
        return cls(
            keeper=read_number(args.get("who", "")),
            principal=read_number(args.get("principal", "")),
            weeks=weeks if weeks in WEEKS else next(iter(WEEKS)),
            end=End(end) if end in set(End) else None,
            after=Key.parse(args.get("after", "")),
        )

    def asked(self, today: date) -> Asked:
        """The same as the query takes it; the span ends with `today`."""
        since = today - timedelta(days=7 * self.weeks - 1)
        return Asked(since, today, keeper=self.keeper, principal=self.principal)

    def address(self, **changes: object) -> dict[str, Any]:
        """Arguments of an address that asks the same but for `changes`; without `after` the first page."""
        said = {
            "who": self.keeper,
            "principal": self.principal,
            "weeks": self.weeks,
            "end": self.end,
            "after": None,
            **changes,
        }
        if said["weeks"] == next(iter(WEEKS)):
            said["weeks"] = None
        return {name: str(value) for name, value in said.items() if value}
