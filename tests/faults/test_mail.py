"""Two beats, a flushed Valkey, a worker killed in the middle: no letter lost, none twice, or in doubt."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.conftest import Stack, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


@pytest.fixture
def promise(stack: Stack) -> None:
    """A rep whose reminder is due now, on every day and at midnight of their clock, and says something."""
    with stack.database.connect("owner", role=None) as owner:
        owner.execute(
            """
            with rep as (
                insert into users (email, full_name, fs_uniquifier, time_zone)
                values ('nell@pantry.example', 'Nell Carrow', 'nell', 'UTC') returning user_id
            ), wish as (
                insert into notification_preferences (user_id, kind, hour, weekdays)
                select user_id, 'reminder', 0, '{1,2,3,4,5,6,7}' from rep
            ), place as (
                insert into organizations (name) values ('Marlowe Bend') returning organization_id
            )
            insert into interactions
                (organization_id, interaction_type, owner_id, follow_up_required, follow_up_date)
            select organization_id, 'Phone Call', user_id, true, current_date - 3 from rep, place
            """
        )


@pytest.mark.usefixtures("promise")
def test_two_beats_at_once_make_one_letter(stack: Stack) -> None:
    stack.worker()
    for name in ("one", "two"):
        stack.beat(name)
    log = stack.log("worker")
    wait_until(lambda: log.read_text().count("schedule.tick") >= 4, doing="both ticks, received and done")
    wait_until(stack.is_idle, doing="all work to be done")
    assert [line.split()[0] for line in stack.seen] == ["take"]
    assert stack.states() == ["sent"]
    assert stack.ask("select state::text from deliveries") == [("made",)]


@pytest.mark.usefixtures("promise")
def test_a_flushed_valkey_costs_until_the_next_tick_and_no_letter(stack: Stack) -> None:
    now = datetime.now(UTC)
    stack.tick(now)
    stack.flush()
    stack.worker()
    assert stack.seen == []
    assert stack.ask("select state::text from deliveries") == [("planned",)]
    stack.tick(now + timedelta(minutes=1))
    wait_until(lambda: stack.states() == ["sent"], doing="the letter to be sent")
    stack.flush()  # also what Celery keeps there for itself
    stack.tick(now + timedelta(minutes=2))
    wait_until(stack.is_idle, doing="all work to be done")
    assert [line.split()[0] for line in stack.seen] == ["take"]


@pytest.mark.usefixtures("promise")
def test_a_worker_killed_after_the_content_leaves_a_letter_in_doubt_and_never_sent_twice(
    stack: Stack,
) -> None:
    now = datetime.now(UTC)
    stack.sink_does("content")
    first = stack.worker()
    stack.tick(now)
    wait_until(lambda: stack.seen, doing="the content to arrive")
    assert stack.states() == ["handing over"]
    stack.kill(first)

    stack.sink_does("take")
    stack.worker("second")
    stack.tick(now + timedelta(minutes=1))
    assert stack.states() == ["handing over"], "its lease still runs: the worker could be alive"
    for minutes in (5, 6):
        stack.tick(now + timedelta(minutes=minutes))
    wait_until(stack.is_idle, doing="all work to be done")
    assert stack.states() == ["in doubt"]
    assert [line.split()[0] for line in stack.seen] == ["content"], "and nothing was sent again"
    assert "nell@pantry.example" in stack.flask("mail", "in-doubt")
    assert "The ledger is sound." in stack.flask("mail", "audit")


@pytest.mark.slow
@pytest.mark.usefixtures("promise")
def test_a_worker_killed_before_the_content_leaves_a_letter_that_is_sent_once(stack: Stack) -> None:
    now = datetime.now(UTC)
    stack.sink_does("recipient")
    first = stack.worker()
    stack.tick(now)
    wait_until(lambda: stack.seen, doing="the recipient to arrive")
    assert stack.states() == ["claimed"]
    stack.kill(first)

    stack.sink_does("take")
    stack.worker("second")
    stack.tick(now + timedelta(minutes=5))
    wait_until(lambda: stack.states() == ["sent"], doing="the letter to be sent")
    stack.tick(now + timedelta(minutes=6))
    wait_until(stack.is_idle, doing="all work to be done")
    assert [line.split()[0] for line in stack.seen] == ["recipient", "take"]
