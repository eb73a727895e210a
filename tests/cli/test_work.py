"""`flask jobs` and `flask mail`: the tick by hand, and what only a person can decide."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from crm import bell
from crm.db import SYSTEM, db
from crm.enums import DeliveryState, JobState, MailState
from crm.models import Delivery, Job, MailAttempt, MailMessage, User
from tests.factories import Make

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, acting_as: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("jobs", "tick")` as on the command line."""
    monkeypatch.setattr(bell, "publish", lambda task, *ids: None)

    def command(*words: str) -> Result:
        acting_as(SYSTEM)
        result = app.test_cli_runner().invoke(args=list(words))
        acting_as(SYSTEM)
        return result

    return command


def letter(make: Make, state: MailState, **columns: Any) -> MailMessage:
    return make.save(
        MailMessage(
            message_id="<1@pantry.example>", to_address="nell@pantry.example", subject="Two late",
            text_body="Call Dana.", state=state, **columns,
        )
    )  # fmt: skip


def test_the_tick_can_be_told_another_now(run: Run, nell: User, mara: User) -> None:
    said = run("jobs", "tick", "--now", "2026-11-24T07:00")
    assert (said.exit_code, said.output) == (
        0,
        "Ticked at 2026-11-24 13:00 UTC. Waiting for a worker: 2 to be written, 0 to be sent.\n",
    )
    [planned] = db.session.scalars(sa.select(Delivery).where(Delivery.user_id == nell.user_id))
    assert (planned.local_date.isoformat(), planned.state) == ("2026-11-24", DeliveryState.PLANNED)


def test_the_tick_takes_the_clock_as_it_is(run: Run) -> None:
    assert run("jobs", "tick").exit_code == 0


def test_production_refuses_another_now(
    run: Run, app: Flask, monkeypatch: pytest.MonkeyPatch, nell: User
) -> None:
    real = app.config["SETTINGS"].model_copy(update={"pantry_env": "production"})
    monkeypatch.setitem(app.config, "SETTINGS", real)
    said = run("jobs", "tick", "--now", "2026-11-24T07:00")
    assert said.exit_code == 2
    assert "in production the clock is what it is" in said.output
    assert db.session.execute(sa.select(Delivery)).first() is None
    assert run("jobs", "tick").exit_code == 0


def test_a_moment_that_is_none_is_refused(run: Run) -> None:
    said = run("jobs", "tick", "--now", "tomorrow")
    assert said.exit_code == 2
    assert "write it like 2026-11-24T07:00" in said.output


def test_jobs_are_listed_with_their_result_or_error(run: Run, make: Make) -> None:
    make.save(Job(kind="engagement", run_key="a", state=JobState.DONE, result={"level_changes": 3}))
    failed = make.save(Job(kind="keeping", run_key="b", state=JobState.FAILED, last_error="ValueError: no"))
    said = run("jobs", "list").output
    assert "level_changes 3" in said
    assert "ValueError: no" in said
    assert "engagement" not in run("jobs", "list", "--kind", "keeping").output
    assert run("jobs", "retry", str(failed.job_id)).output == f"Job {failed.job_id} waits for a worker.\n"
    assert run("jobs", "retry", str(failed.job_id)).exit_code == 1
    assert run("jobs", "retry", "999999").exit_code == 1
    assert run("jobs", "cancel", str(failed.job_id)).output == f"Job {failed.job_id} is stopped.\n"
    assert run("jobs", "cancel", str(failed.job_id)).exit_code == 1


def test_a_sound_ledger_passes_the_audit(run: Run, make: Make) -> None:
    letter(make, MailState.PLANNED)
    said = run("mail", "audit")
    assert said.exit_code == 0
    assert "The ledger is sound." in said.output


def test_the_audit_fails_when_a_letter_was_taken_twice(run: Run, make: Make) -> None:
    number = letter(make, MailState.SENT, sent_at=sa.func.now()).mail_message_id
    for _ in range(2):
        make.save(MailAttempt(mail_message_id=number, outcome="sent"))
    said = run("mail", "audit")
    assert said.exit_code == 1
    assert "BROKEN in 1: a letter was taken by the server twice" in said.output


def test_the_audit_fails_when_a_sent_secret_is_still_there(run: Run, make: Make) -> None:
    letter(make, MailState.SENT, sent_at=sa.func.now(), is_secret=True)
    assert "a secret letter is sent and still has its content" in run("mail", "audit").output


def test_a_letter_in_doubt_is_listed_and_decided_about(run: Run, make: Make) -> None:
    number = letter(make, MailState.IN_DOUBT).mail_message_id
    said = run("mail", "in-doubt").output
    assert "nell@pantry.example" in said
    assert "<1@pantry.example>" in said
    assert run("mail", "resend", str(number)).exit_code == 0
    assert run("mail", "in-doubt").output == "Nothing is in doubt.\n"
    refused = run("mail", "accept", str(number))
    assert refused.exit_code == 1
    assert "is planned" in refused.output


def test_a_letter_in_doubt_can_be_taken_for_sent(run: Run, make: Make) -> None:
    message = letter(make, MailState.IN_DOUBT)
    assert run("mail", "accept", str(message.mail_message_id)).exit_code == 0
    db.session.expire_all()
    assert message.state == MailState.SENT


def test_a_letter_that_is_not_there_is_said_to_be_so(run: Run) -> None:
    said = run("mail", "resend", "999999")
    assert said.exit_code == 1
    assert "There is no letter 999999." in said.output
