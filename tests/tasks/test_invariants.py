"""The invariants see what they are there for; and mail on hold waits."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from crm import queries, services
from crm.db import SYSTEM, db, transaction
from crm.enums import DeliveryState, MailKind, MailState
from crm.models import Delivery, DeliveryItem, MailMessage, NotificationPreference, User
from tests.factories import Make
from tests.tasks.conftest import Catcher

TUESDAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 18, tzinfo=UTC)
Acting = Callable[[User | str | None], None]


@pytest.fixture(autouse=True)
def _the_system_acts(acting_as: Acting) -> None:
    acting_as(SYSTEM)


def broken() -> str:
    return "; ".join(queries.invariants.broken(now=NOON))


def test_an_ordinary_morning_breaks_nothing(make: Make) -> None:
    rep = make.user(created_at=NOON - timedelta(days=30))
    make.interaction(author=rep, follow_up_date=TUESDAY, updated_at=NOON - timedelta(days=9))
    with transaction():
        services.planning.plan_deliveries(now=NOON)
        for number in queries.mails.deliveries_waiting(now=NOON, most=10):
            services.deliveries.make(number)
    assert broken() == ""


def test_a_letter_that_nobody_planned_is_missed(make: Make) -> None:
    with transaction():
        services.planning.plan_deliveries(now=NOON)
    make.user(created_at=NOON - timedelta(days=30))
    assert "complete" in broken()


def test_before_the_first_tick_nobody_misses_a_letter(make: Make) -> None:
    make.user(created_at=NOON - timedelta(days=30))
    assert broken() == ""
    with transaction():
        services.planning.plan_deliveries(now=NOON)
    assert broken() == ""


def test_a_due_promise_that_no_reminder_names_is_missed(make: Make) -> None:
    rep = make.user(created_at=NOON)
    make.interaction(author=rep, follow_up_date=TUESDAY, updated_at=NOON - timedelta(days=9))
    make.save(
        Delivery(user_id=rep.user_id, kind=MailKind.REMINDER, local_date=TUESDAY, due_at=NOON,
                 state=DeliveryState.NOTHING_TO_SAY, reason="Nothing was due or late.",
                 updated_at=datetime.now(UTC) + timedelta(minutes=5))
    )  # fmt: skip
    assert "covered" in broken()


def test_a_letter_that_was_skipped_without_a_reason_is_seen(make: Make) -> None:
    rep = make.user(created_at=NOON)
    make.save(
        Delivery(user_id=rep.user_id, kind=MailKind.DIGEST, local_date=TUESDAY, due_at=NOON,
                 state=DeliveryState.SUPERSEDED)
    )  # fmt: skip
    assert "without a reason" in broken()


def test_mail_on_hold_waits_and_leaves_once_it_is_released(make: Make, catcher: Catcher) -> None:
    with transaction():
        number = services.mails.queue(to="nell@pantry.example", subject="Two late", text="Two.")
        services.mails.hold(because="moving to another server", now=NOON)
    now = datetime.now(UTC)
    services.sending.send(number, now=now)
    assert catcher.taken == []
    assert db.session.get_one(MailMessage, number).state == MailState.PLANNED
    with transaction():
        services.mails.release()
    services.sending.send(number, now=now)
    assert len(catcher.taken) == 1


def test_the_items_of_a_reminder_are_told_on_the_page_of_its_reader(
    make: Make, nell: User, sign_in: Callable[[User], object]
) -> None:
    delivery = make.save(
        Delivery(user_id=nell.user_id, kind=MailKind.REMINDER, local_date=TUESDAY, due_at=NOON,
                 state=DeliveryState.MADE)
    )  # fmt: skip
    promise = make.interaction(author=nell, follow_up_date=TUESDAY)
    make.save(DeliveryItem(delivery_id=delivery.delivery_id, interaction_id=promise.interaction_id))
    proof = queries.mail_proofs.of(nell, now=NOON)
    assert [(line.local_date, line.promises) for line in proof.lines] == [(TUESDAY, 1)]
    page = sign_in(nell).get("/settings/mails").get_data(as_text=True)  # type: ignore[attr-defined]
    assert "one follow-up" in page


@pytest.mark.parametrize(
    ("is_on", "said"), [(True, "at the hour and on the day"), (False, "in the app alone")]
)
def test_who_had_no_letter_yet_is_told_when_the_first_one_comes_or_that_none_does(
    is_on: bool, said: str, make: Make, nell: User, sign_in: Callable[[User], object]
) -> None:
    for kind in (MailKind.REMINDER, MailKind.DIGEST):
        make.save(NotificationPreference(user_id=nell.user_id, kind=kind, is_on=is_on))
    page = sign_in(nell).get("/settings/mails").get_data(as_text=True)  # type: ignore[attr-defined]
    assert said in page
