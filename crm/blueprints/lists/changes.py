"""Changes of many rows of a list: asked for, done in one go or by a job, taken back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, abort, request, url_for

from crm import clock, filters, policy, queries, rights, services, web
from crm.blueprints.lists.pages import Pages, arguments
from crm.forms.lists import FORMS, ManyForm, read_numbers
from crm.queries.lists import Listing
from crm.services.bulk import CHANGES, MOST, Changed, Setting

NAMED = 5
"""Rows that the confirmation of a change names."""


@dataclass(frozen=True)
class Changes(Pages):
    """What can be done with the rows that are ticked, or with all that the list shows."""

    def confirm(self) -> Response:
        """Which rows, and what is to become of them; the rows are fixed here."""
        name = self._change_named(request.args.get("do", ""))
        if request.args.get("all"):
            _, wanted, total = self.chosen(request.args)
            if total.n > MOST:
                said = request.query_string.decode("utf-8", "ignore")
                form = FORMS[name](
                    formdata=None, data={"asked": said, "seen": total.n if total.is_exact else None}
                )
                return self._confirmation(name, form)
            numbers = queries.lists.keys(self.listing, wanted, most=MOST)
        else:
            numbers = read_numbers(request.args.getlist("id"))
            if len(numbers) > MOST:
                return self._too_many(name, f"{len(numbers):,}")
        form = FORMS[name](formdata=None, data={"ids": ",".join(map(str, numbers))})
        return self._confirmation(name, form)

    def change(self) -> Response:
        """Do it, in this request, and offer to take all of it back."""
        name = self._change_named(request.form.get("do", ""))
        form = FORMS[name]()
        if form.asked.data:
            return self._change_many(name, form)
        if len(form.numbers) > MOST:
            return self._too_many(name, f"{len(form.numbers):,}")
        me, now = web.person(), clock.now()
        team = queries.users.team(me.user_id)
        changed = form.validate() and web.attempt(
            form,
            lambda: services.bulk.change(
                self.listing,
                form.numbers,
                _setting(name, form, now=now),
                by=me.user_id,
                may_change=lambda owners: policy.may_change(me, owners=owners, team=team),
                now=now,
            ),
        )
        if not changed:
            return self._confirmation(name, form, status=422)
        undo = self.url("put_back", job_id=changed.job_id) if changed.job_id else None
        web.toast(_told(self.listing, name, changed), undo=undo)
        return web.done(self.back())

    def _change_many(self, name: str, form: Any) -> Response:
        """Do it as a job: more rows than one request changes."""
        me, now = web.person(), clock.now()
        _, wanted, _ = self.chosen(arguments(form.asked.data))
        job_id = form.validate() and web.attempt(
            form,
            lambda: services.many_changes.ask(
                self.listing,
                wanted,
                _setting(name, form, now=now),
                title=f"{CHANGES[name]}: {self.listing.nouns}",
                by=me,
                seen=form.seen.data,
            ),
        )
        if not job_id:
            return self._confirmation(name, form, status=422)
        there = url_for("jobs.show", job_id=job_id)
        web.toast(
            f"{filters.sentence(self.listing.nouns)} are being changed.", link=there, link_text="Look on"
        )
        return web.done(there)

    def put_back(self, job_id: int) -> Response:
        """Undo a whole change, but for rows that were edited since."""
        form = ManyForm()
        back = web.attempt(
            form, lambda: services.bulk.put_back(job_id, by=web.person().user_id, now=clock.now())
        )
        if back is None:
            web.toast(str(form.form_errors[0]))
        else:
            n = filters.counted(back.returned, self.listing.noun, self.listing.nouns)
            stay = (
                f" {filters.sentence(filters.words(back.left))} edited since stay as they are."
                if back.left
                else ""
            )
            web.toast(f"{filters.sentence(n)} as before.{stay}")
        return web.done(self.back())

    def _confirmation(self, name: str, form: ManyForm, *, status: int = 200, problem: str = "") -> Response:
        if form.asked.data:
            _, wanted, total = self.chosen(arguments(form.asked.data))
            form.seen.data = total.n if total.is_exact else None
            first, _ = queries.lists.page(self.listing, wanted, limit=NAMED)
            names, more = [str(self.listing.head.text(row)) for row in first], max(total.n - NAMED, 0)
            who = f"{total} {self.listing.nouns}"
        else:
            rows = queries.lists.existing(self.listing, form.numbers)
            names, more = [text for _, text in rows[:NAMED]], max(len(rows) - NAMED, 0)
            who = filters.counted(len(rows), self.listing.noun, self.listing.nouns)
        if not names and not problem:
            problem = f"No {self.listing.noun} is chosen. Tick some rows of the list first."
        return web.render(
            "lists/confirm.html",
            "lists/_confirm.html",
            status=status,
            listing=self.listing,
            name=name,
            title=CHANGES[name],
            form=form,
            names=names,
            who=who,
            problem=problem,
            more=more,
            colleagues=rights.takers() if name == "owner" else [],
            back=self.back(),
            list_url=self.url,
        )

    def _change_named(self, name: str) -> str:
        return name if name in self.listing.changes else abort(404)

    def _too_many(self, name: str, n: str) -> Response:
        why = f"{n} {self.listing.nouns} are more than the {MOST} that are changed in one go."
        form = FORMS[name](formdata=None)
        return self._confirmation(
            name, form, status=422, problem=f"{why} Narrow the list and do it in parts."
        )


def _setting(name: str, form: Any, *, now: datetime) -> Setting:
    """What the form asks to be done."""
    bulk = services.bulk
    if name == "owner":
        return bulk.hand_over(to=form.value, takers={taker.user_id for taker in rights.takers()})
    if name == "tags":
        return bulk.untag(form.value) if form.how.data == "remove" else bulk.tag(form.value)
    if name == "priority":
        return bulk.rank(form.value)
    if name == "focus":
        return bulk.focus(form.value, today=web.firm_today())
    return bulk.archive(now=now)


def _told(listing: Listing, name: str, changed: Changed) -> str:
    """What was done, and what was not and why."""
    done = {
        "owner": "Changed the owner of",
        "tags": "Changed the tags of",
        "priority": "Changed the priority of",
        "focus": "Changed the weekly focus of",
        "archive": "Archived",
    }[name]
    rest = (
        (changed.same, "had it already.", "had it already."),
        (changed.others, "stays: it is a colleague's.", "stay: they are colleagues'."),
        (changed.gone, "is archived or gone.", "are archived or gone."),
    )
    said = [f"{done} {filters.counted(changed.changed, listing.noun, listing.nouns)}."]
    said += [f"{filters.sentence(filters.words(n))} {one if n == 1 else more}" for n, one, more in rest if n]
    return " ".join(said)
