"""The pages of the firm and of oneself ask the database as often for much as for little."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from crm.enums import DeliveryState, JobState, MailKind, Picklist
from crm.models import Cover, Delivery, Heartbeat, Job, MailMessage, Notification, PicklistValue, User
from tests.clients import Client
from tests.conftest import Counting
from tests.factories import Make

SignIn = Callable[[User], Client]
Grow = Callable[[Make, User, int], None]


def words(make: Make, _: User, number: int) -> None:
    """One more word, on one more row."""
    make.save(PicklistValue(picklist=Picklist.SEGMENT, value=f"Segment {number}"))
    make.organization(segment=f"Segment {number}")


def letters(make: Make, me: User, number: int) -> None:
    """One more day of my mail, one skipped and one sent."""
    day = date(2026, 1, 1) + timedelta(days=number)
    for kind, state in (
        (MailKind.REMINDER, DeliveryState.NOTHING_TO_SAY),
        (MailKind.DIGEST, DeliveryState.MADE),
    ):
        sent = make.save(
            Delivery(
                user_id=me.user_id,
                kind=kind,
                local_date=day,
                due_at=datetime(2026, 1, 1, 13, tzinfo=UTC) + timedelta(days=number),
                state=state,
                reason=None if state is DeliveryState.MADE else "Nothing was due.",
            )
        )
        if state is DeliveryState.MADE:
            make.save(
                MailMessage(
                    message_id=f"<{kind}{number}>",
                    to_address=me.email,
                    subject="Digest",
                    text_body="…",
                    delivery_id=sent.delivery_id,
                )
            )


def work(make: Make, me: User, number: int) -> None:
    """One more job that failed, and one more process that lives."""
    make.save(
        Job(kind="exports.write", run_key=f"run-{number}", state=JobState.FAILED, requested_by=me.user_id)
    )
    now = datetime.now(UTC)
    make.save(Heartbeat(name=f"worker-{number}", beaten_at=now, clock_at=now))


def reps(make: Make, me: User, number: int) -> None:
    """One more of my reps, with a principal, a touch and a promise."""
    rep = make.user(f"Rep {number}", manager=me)
    maker = make.principal(owner=rep)
    make.interaction(principals=[maker], author=rep, owner=rep, follow_up_date=date(2026, 1, 1))


def news(make: Make, me: User, number: int) -> None:
    """One more piece of news."""
    make.save(Notification(user_id=me.user_id, kind="export", subject=f"File {number}", link="/jobs"))


def absences(make: Make, me: User, number: int) -> None:
    """One more absence of mine."""
    make.save(
        Cover(
            user_id=me.user_id,
            stand_in_id=make.user().user_id,
            starts_on=date(2099, 1, 1) + timedelta(days=number),
            ends_on=date(2099, 1, 1) + timedelta(days=number),
        )
    )


PAGES: dict[str, tuple[Grow, int]] = {
    "/admin/picklists/segment": (words, 10),
    "/admin/flags": (words, 10),
    "/settings": (absences, 10),
    "/settings/mails": (letters, 10),
    "/ops": (work, 16),
    "/dashboard/scorecards": (reps, 10),
    "/notifications": (news, 10),
}
"""Each page, what grows on it, and the most statements it may take."""


@pytest.mark.parametrize("path", PAGES)
def test_a_full_page_takes_as_many_statements_as_a_short_one(
    path: str, make: Make, ada: User, sign_in: SignIn, statements: Counting
) -> None:
    grow, most = PAGES[path]
    client = sign_in(ada)
    grow(make, ada, 0)
    with statements() as few:
        assert client.get(path).status_code == 200
    for number in range(1, 12):
        grow(make, ada, number)
    with statements() as many:
        client.get(path)
    assert len(many) <= len(few) <= most, "\n".join(few)
