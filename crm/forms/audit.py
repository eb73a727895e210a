"""What the address of the audit trail says: whose changes, of what record, which deed, since when."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict

from crm.queries.audit import NOUNS, Asked, Deed
from crm.queries.keys import read_day, read_number
from crm.queries.timeline import Place

SYSTEM = "system"
"""In place of a person: the planner, commands and migrations."""


@dataclass(frozen=True)
class Filter:
    """What is asked of the trail. Whatever an address says that means nothing counts as not said."""

    who: int | None
    noun: str | None
    record: int | None
    deed: Deed | None
    since: date | None
    until: date | None
    after: Place | None

    @classmethod
    def read(cls, args: "MultiDict[str, str]") -> "Filter":
        """The filter that the arguments of an address describe. A record's number wants its noun."""
        who, noun, deed = args.get("who", ""), args.get("noun", ""), args.get("deed", "")
        known = noun if noun in NOUNS else None
        return cls(
            who=0 if who == SYSTEM else read_number(who),
            noun=known,
            record=read_number(args.get("record", "")) if known else None,
            deed=Deed(deed) if deed in set(Deed) else None,
            since=read_day(args.get("since", "")),
            until=read_day(args.get("until", "")),
            after=Place.parse(args.get("after", "")),
        )

    @property
    def asked(self) -> Asked:
        """The same as the query takes it."""
        return Asked(self.who, self.noun, self.record, self.deed, self.since, self.until)

    @property
    def is_narrow(self) -> bool:
        """Whether anything is asked for."""
        return self.asked != Asked()

    @property
    def who_word(self) -> str:
        """The person as an address names them."""
        return SYSTEM if self.who == 0 else str(self.who or "")

    def address(self, **changes: object) -> dict[str, Any]:
        """Arguments of an address that asks the same but for `changes`; without `after` the first page."""
        said = {
            "who": self.who_word,
            "noun": self.noun,
            "record": self.record,
            "deed": self.deed,
            "since": self.since,
            "until": self.until,
            "after": None,
            **changes,
        }
        return {name: str(value) for name, value in said.items() if value}
