"""Follow-ups for the chosen rows of a list: the form with what would come of it, and the job that makes them.

`add(bp, …)` gives a list both addresses; any list whose rows promises can be about has them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import Blueprint, Response, request, url_for
from werkzeug.datastructures import MultiDict

from crm import filters, policy, queries, rights, services, web
from crm.forms.schedules import ScheduleForm
from crm.queries.lists import Listing, Wanted
from crm.queries.schedules import Preview

Arguments = MultiDict[str, str]


@dataclass(frozen=True)
class Chosen:
    """Rows of a list that are chosen in an address, and the way back to it."""

    wanted: Wanted
    back: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """A list whose rows get follow-ups. `choose` reads them from the arguments of its address."""

    listing: Listing
    noun: str
    nouns: str
    choose: Callable[[Arguments], Chosen]


def add(bp: Blueprint, source: Source) -> None:
    """Give the list of `bp` the way to schedule follow-ups for its rows."""
    pages = _Pages(source, bp.name)
    bp.get("/follow-ups/new", endpoint="new_schedule")(pages.new)
    bp.post("/follow-ups", endpoint="schedule")(web.once(pages.create))


class _Pages:
    """The views of one list."""

    def __init__(self, source: Source, blueprint: str) -> None:
        self.source, self.blueprint = source, blueprint

    def new(self) -> Response:
        """The form; asked again while it is filled in, it says what would come of it now."""
        is_again = "asked" in request.args
        said = request.query_string.decode("utf-8", "ignore")
        form = _form(request.args if is_again else None, asked=said)
        is_known = not is_again or form.validate()
        return self._answer(form, is_known=is_known)

    def create(self) -> Response:
        """Ask for it, once what would come of it was seen."""
        form, me = _form(request.form), web.person()
        chosen = self.source.choose(_read(form))
        is_known = form.validate()
        job_id = is_known and web.attempt(
            form,
            lambda: services.schedules.ask(
                self.source.listing,
                chosen.wanted,
                form.rule(is_everybodys=policy.may_promise_for_everybody(me)),
                note=form.note.data,
                nouns=self.source.nouns,
                by=me,
                seen=form.seen.data or "",
            ),
        )
        if not job_id:
            return self._answer(form, is_known=is_known, status=422)
        there = url_for("jobs.show", job_id=job_id)
        web.toast("The follow-ups are being scheduled.", link=there, link_text="Look on")
        return web.done(there)

    def _answer(self, form: ScheduleForm, *, is_known: bool, status: int = 200) -> Response:
        chosen = self.source.choose(_read(form))
        rule = form.rule(is_everybodys=policy.may_promise_for_everybody(web.person())) if is_known else None
        found = queries.schedules.preview(self.source.listing, chosen.wanted, rule) if rule else None
        form.seen.data = found.mark if found else ""
        return web.render(
            "schedules/new.html",
            "schedules/_form.html",
            status=status,
            source=self.source,
            form=form,
            found=found,
            days={value: filters.day(day, web.today()) for value, (_, day) in form.offered.items()},
            deed=self._deed(found),
            action=url_for(f"{self.blueprint}.schedule"),
            again=url_for(f"{self.blueprint}.new_schedule"),
            back=chosen.back,
        )

    def _deed(self, found: Preview | None) -> str:
        n = found.made if found else 0
        return f"Schedule {filters.counted(n, 'follow-up')}" if n else "Schedule follow-ups"


def _form(said: "Arguments | None", *, asked: str = "") -> ScheduleForm:
    meta = {} if request.method == "POST" else {"csrf": False}
    return ScheduleForm(
        formdata=said, data={"asked": asked}, meta=meta, today=web.today(), takers=rights.takers()
    )


def _read(form: ScheduleForm) -> Arguments:
    return MultiDict(parse_qsl(form.asked.data or ""))
