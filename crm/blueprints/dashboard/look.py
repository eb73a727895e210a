"""Who looks at which book through which filters, and the panels through which they look."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from crm import flags, policy, queries, services, web
from crm.forms.dashboard import KEEP, Asked
from crm.models import User
from crm.queries.dashboard.frame import Frame
from crm.queries.dashboard.pulses import Pulse
from crm.queries.spans import Span


class Look:
    """Who looks at which book, and what several panels share: it is asked for once, when first needed."""

    def __init__(
        self, args: "MultiDict[str, str]", panels: "Sequence[Panel]", *, is_whole: bool = False
    ) -> None:
        self._panels = panels
        self.person: User = web.person()
        self.frame: Frame = queries.dashboard.frame.of(self.person.user_id)
        self.asked = Asked.read(args, self.person, self.frame)
        self.whose = self.asked.whose_for(self.person)
        self.today = web.firm_today()
        self.is_whole = is_whole
        """Whether a panel stands alone on a page and has room for all of its rows."""
        self.chosen = [name for name in args.get(KEEP, "").split(",") if name]
        """The filters that were chosen just now."""
        kept = self.asked.kept(self.chosen, self.frame.filters)
        if self.chosen and kept != self.frame.filters:
            services.dashboards.remember(kept, by=self.person.user_id)

    @cached_property
    def pulses(self) -> list[Pulse]:
        return queries.dashboard.pulses.of(self.whose, today=self.today)

    @cached_property
    def owner(self) -> str:
        """Whose rows, as the lists behind the figures name them; "" for everybody's."""
        return "" if self.whose == "everyone" else str(self.whose)

    @cached_property
    def spans(self) -> tuple[Span, Span]:
        """The period that is asked for, and what it is compared with."""
        return queries.dashboard.periods.spans(self.asked.period, today=self.today)

    @staticmethod
    def sunday(monday: date) -> date:
        """The last day of a week."""
        return monday + timedelta(days=6)

    @property
    def books(self) -> list[tuple[str, str]]:
        """Whose dashboards are a click away: their word in addresses, and what people call them."""
        names = {one.value: one.text for one in self.frame.choices.owners}
        other = [(self.asked.whose, names[self.asked.whose])] if self.asked.whose in names else []
        return [("me", "Mine"), ("everyone", "Everyone’s"), *other]

    @property
    def panels(self) -> list["Panel"]:
        """The panels that this person may see and that are not switched off, in their order."""
        return [one for one in self.known if all(map(flags.is_on, flags.places_of(one.address)))]

    @property
    def known(self) -> list["Panel"]:
        """The same with those that are switched off."""
        places = {name: place for place, name in enumerate(self.frame.panels)}
        known = [
            one for one in self._panels if not one.is_for_managers or policy.may_see_scorecards(self.person)
        ]
        return sorted(known, key=lambda panel: places.get(panel.name, len(places)))

    @property
    def shown(self) -> list["Panel"]:
        return [panel for panel in self.panels if panel.name not in self.frame.hidden]

    def url(self, panel: "Panel", **changes: object) -> str:
        """The address at which a panel stands alone, asking what is asked here but for `changes`."""
        return url_for(panel.address, **self.asked.address(**changes))


@dataclass(frozen=True)
class Panel:
    """One question: its name in addresses and templates, its heading, and how it is answered."""

    name: str
    title: str
    answer: Callable[[Look], dict[str, Any]]
    told_by: str
    """The tables whose changes may change the answer."""
    is_for_managers: bool = False

    @property
    def endpoint(self) -> str:
        return self.name.replace("-", "_")

    @property
    def address(self) -> str:
        return f"dashboard.{self.endpoint}"

    @property
    def template(self) -> str:
        return f"dashboard/_{self.endpoint}.html"
