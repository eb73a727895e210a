"""Work that a stack can be given: two jobs on many rows, and how the book looks when they are done."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from crm import queries, services
from crm.db import act_as, transaction
from crm.queries.lists import ORGANIZATIONS, Asker, Wanted
from crm.queries.schedules import Rule, When
from tests.faults.conftest import ROWS, Stack

DUE_ON = date(2099, 1, 1)
LATER = timedelta(minutes=5)
"""Longer than a lease."""


def everywhere(person: int) -> Wanted:
    asker = Asker(person, datetime.now(UTC).date())
    return Wanted(asker=asker, sort=ORGANIZATIONS.sorts[0], is_descending=False)


def asking(stack: Stack, person: int, ask: Callable[[], int]) -> int:
    """Do it as that person; the job."""
    with stack.app.app_context():
        act_as(person)
        with transaction():
            return ask()


def schedule(stack: Stack, person: int) -> int:
    """Ask for a follow-up at every place."""

    def ask() -> int:
        wanted, rule = everywhere(person), Rule(when=When.DAY, on=DUE_ON)
        seen = queries.schedules.preview(ORGANIZATIONS, wanted, rule).mark
        return services.schedules.ask(
            ORGANIZATIONS, wanted, rule, note="", nouns="places", by=queries.users.get(person), seen=seen
        )

    return asking(stack, person, ask)


def change(stack: Stack, person: int) -> int:
    """Ask for a tag on every place."""
    return asking(
        stack,
        person,
        lambda: services.many_changes.ask(
            ORGANIZATIONS, everywhere(person), services.bulk.tag(["patio"]), title="Tags",
            by=queries.users.get(person), seen=ROWS,
        ),
    )  # fmt: skip


def promised(stack: Stack) -> list[tuple[object, ...]]:
    """How often how many open promises a place has."""
    return stack.ask(
        """
        select promises, count(*) from (
            select o.organization_id, count(i.interaction_id) as promises
              from organizations o
              left join interactions i on i.organization_id = o.organization_id and i.deleted_at is null
             group by 1) each group by 1
        """
    )


def tagged(stack: Stack) -> list[tuple[object, ...]]:
    return stack.ask("select array_length(tags, 1), count(*) from organizations group by 1")


def state(stack: Stack, job_id: int) -> str:
    [(said,)] = stack.ask(f"select state::text from jobs where job_id = {job_id}")
    return str(said)
