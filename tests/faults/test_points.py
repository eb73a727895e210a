"""A worker killed at each point of sending: the letter is sent once, or in doubt, and every invariant
holds.
"""

from datetime import UTC, datetime, timedelta

import pytest

import crm
from crm import failpoints
from tests.databases import Database
from tests.faults.conftest import Stack, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

POINTS = {
    "mail.claimed": ("sent", 1),
    "mail.before marker": ("sent", 1),
    "mail.after marker": ("in doubt", 0),
    "mail.answered": ("in doubt", 1),
    "mail.settled": ("sent", 1),
}
"""Where it dies: what becomes of the letter, and how often the server takes it."""


# In every run tests/faults/test_mail.py kills one before the letter is handed over, and in the middle of it.
@pytest.mark.long
@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_point_sends_nothing_twice(
    stack: Stack, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stack.database.connect() as system:
        system.execute(
            "insert into mail_messages (message_id, to_address, subject, text_body) "
            "values ('<one@pantry.example>', 'nell@pantry.example', 'Two late', 'Two.')"
        )
    now = datetime.now(UTC)
    monkeypatch.setenv("PANTRY_FAILPOINT", point)
    first = stack.worker("first")
    wait_until(lambda: " ready" in stack.log("first").read_text(), doing="the worker to be ready")
    stack.tick(now)
    wait_until(lambda: "signal 9" in stack.log("first").read_text(), doing="it to die")
    stack.kill(first)
    monkeypatch.delenv("PANTRY_FAILPOINT")
    stack.worker("second")
    for minutes in (5, 6):
        stack.tick(now + timedelta(minutes=minutes))
    state, taken = POINTS[point]
    wait_until(lambda: stack.states() == [state], doing=f"the letter to be {state}")
    assert len(stack.seen) == taken
    assert "The ledger is sound." in stack.flask("mail", "audit")


def test_a_failpoint_means_nothing_outside_of_tests(own_database: Database) -> None:
    for env in ("production", "demo"):
        crm.create_app("web", own_database.settings("web", pantry_env=env, pantry_failpoint="mail.claimed"))
        failpoints.reach("mail.claimed")  # would be the end of this very process
