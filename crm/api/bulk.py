"""Changing many rows of a list at once: up to 500 in the request, more of them as a job."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from crm import clock, policy, queries, rights, services, web
from crm.api.interactions import check_promised
from crm.api.jobs import Job, accepted
from crm.api.operations import Answer, operation
from crm.api.records import wanted
from crm.api.schemas import Day, Id, Reading, Tags, Writing, line
from crm.enums import Priority
from crm.errors import Refused
from crm.forms.schedules import LONGEST_NOTE, MOST_A_DAY
from crm.queries.lists import LISTS, Listing
from crm.queries.schedules import SUBJECTS, Rule, When
from crm.services.bulk import CHANGES, MOST, Setting

Filters = Annotated[
    dict[Annotated[str, Field(max_length=50)], Annotated[str, Field(max_length=255)]], Field(max_length=20)
]


class Change(Writing):
    """What is to become of the rows; the field that the change needs goes with it: `owner_id` with owner
    (null is nobody), `tags` with tags and untags, `priority` with priority (null is none), `is_in_focus` with
    focus.
    """

    do: Literal["owner", "tags", "untags", "priority", "focus", "archive"]
    owner_id: Id | None = None
    tags: Tags = Field(default_factory=list)
    priority: Priority | None = None
    is_in_focus: bool = True


class SomeRows(Change):
    """These rows, at most 500."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=MOST)]


class AllRows(Change):
    """Every row that the list shows with these filters."""

    filters: Filters = Field(default_factory=dict)


class Changed(Reading):
    """What was done. `same` had it already, `others` are colleagues', `gone` are archived. `job_id` takes it
    back within a day.
    """

    job_id: int | None
    changed: int
    same: int
    others: int
    gone: int


def _add(listing: Listing) -> None:
    noun = "organizations" if listing.name == "distributors" else listing.name

    @operation(
        "POST", f"/{listing.name}/changes", noun=noun, name=f"change_some_{listing.name}", body=SomeRows,
        answers=Changed, summary=f"Change many {listing.nouns} at once, all or none of those that are yours.",
    )  # fmt: skip
    def change_some(said: SomeRows) -> Changed:
        me = web.person()
        team = queries.users.team(me.user_id)
        return Changed.model_validate(
            services.bulk.change(
                listing,
                sorted(set(said.ids)),
                _setting(listing, said),
                by=me.user_id,
                may_change=lambda owners: policy.may_change(me, owners=owners, team=team),
                now=clock.now(),
            )
        )

    @operation(
        "POST", f"/{listing.name}/changes-of-all", noun=noun, name=f"change_all_{listing.name}", body=AllRows,
        answers=Job, status=202, summary=f"Change all {listing.nouns} of a filter, as a job.",
    )  # fmt: skip
    def change_all(said: AllRows) -> Answer:
        question, _ = queries.lists.all_of(listing, wanted(listing, said.filters))
        job_id = services.many_changes.ask(
            listing,
            question,
            _setting(listing, said),
            title=f"{CHANGES[_name(said)]}: {listing.nouns}",
            by=web.person(),
            seen=None,
        )
        return accepted(job_id)


def _name(said: Change) -> str:
    return "tags" if said.do == "untags" else said.do


def _setting(listing: Listing, said: Change) -> Setting:
    """What is asked to be done. Raises `Refused` for what cannot be done with these rows."""
    bulk = services.bulk
    if _name(said) not in listing.changes:
        raise Refused(f"That cannot be done with {listing.nouns}.", field="do")
    if said.do == "owner":
        return bulk.hand_over(to=said.owner_id, takers={taker.user_id for taker in rights.takers()})
    if said.do in ("tags", "untags"):
        if not said.tags:
            raise Refused("Name at least one tag.", field="tags")
        return bulk.untag(said.tags) if said.do == "untags" else bulk.tag(said.tags)
    if said.do == "priority":
        return bulk.rank(said.priority)
    if said.do == "focus":
        return bulk.focus(said.is_in_focus, today=web.firm_today())
    return bulk.archive(now=clock.now())


for _listing in LISTS.values():
    if _listing.changes:
        _add(_listing)


class Returned(Reading):
    """What was taken back, and what stays because it was edited since."""

    returned: int
    left: int


@operation("POST", "/changes/<job_id>/return", noun="jobs", name="take_changes_back", answers=Returned)
def take_back(job_id: int) -> Returned:
    """Give the rows of a change of many their old values again, but for those that were edited since."""
    back = services.bulk.put_back(job_id, by=web.person().user_id, now=clock.now())
    return Returned(returned=back.returned, left=back.left)


class Schedule(Writing):
    """What is to happen, when, and who sees to it: on one day (`on`), `per_day` each workday from that day
    on, or by the cadence of each one's priority. Without `owner_id` whoever looks after each row keeps its
    promise.
    """

    note: line(LONGEST_NOTE) = None  # type: ignore[valid-type]
    when: When = When.DAY
    on: Day
    per_day: Annotated[int, Field(ge=1, le=MOST_A_DAY)] = 5
    owner_id: Id | None = None
    ids: Annotated[
        list[Id], Field(max_length=MOST, description="These rows; without any, all of the filters.")
    ] = Field(default_factory=list)
    filters: Filters = Field(default_factory=dict)


def _add_schedule(listing: Listing) -> None:
    @operation(
        "POST", f"/{listing.name}/follow-ups", noun="follow-ups", name=f"schedule_for_{listing.name}",
        body=Schedule, answers=Job, status=202,
        summary=f"Promise a follow-up for each of many {listing.nouns}, as a job.",
    )  # fmt: skip
    def schedule(said: Schedule) -> Answer:
        check_promised(said.on, web.today(), field="on")
        me, takers = web.person(), {taker.user_id for taker in rights.takers()}
        if said.owner_id is not None and said.owner_id not in takers:
            raise Refused("Choose somebody of your team, or whoever looks after each.", field="owner_id")
        question, _ = queries.lists.all_of(listing, wanted(listing, said.filters))
        if said.ids:
            question = replace(question, numbers=sorted(set(said.ids)))
        rule = Rule(
            when=said.when,
            on=said.on,
            per_day=said.per_day,
            keeper=said.owner_id,
            keepers=None if policy.may_promise_for_everybody(me) else takers,
        )
        seen = queries.schedules.preview(listing, question, rule).mark
        return accepted(
            services.schedules.ask(
                listing, question, rule, note=said.note or "", nouns=listing.nouns, by=me, seen=seen
            )
        )


for _listing in LISTS.values():
    if _listing.model in SUBJECTS:
        _add_schedule(_listing)
