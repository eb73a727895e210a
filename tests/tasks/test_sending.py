"""A letter is handed over once, or it is known why not, or a person is asked."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

import crm
from crm import bell, mail, queries, services
from crm.config import Settings
from crm.db import SYSTEM, act_as, db, transaction
from crm.enums import MailState
from crm.errors import Refused
from crm.models import MailAttempt, MailMessage
from tests.databases import Database
from tests.tasks.conftest import Catcher

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
Acting = Callable[[str | None], None]


@pytest.fixture(autouse=True)
def _the_system_acts(acting_as: Acting) -> None:
    acting_as(SYSTEM)


def write(acting_as: Acting, **changed: object) -> int:
    """A letter in the ledger."""
    with transaction():
        return services.mails.queue(
            **{"to": "nell@pantry.example", "subject": "Two late", "text": "Call Dana.\n"} | changed  # type: ignore[arg-type]
        )


def letter(number: int) -> MailMessage:
    db.session.expire_all()
    return db.session.execute(
        sa.select(MailMessage).where(MailMessage.mail_message_id == number)
    ).scalar_one()


def outcomes(number: int) -> list[tuple[str | None, str | None]]:
    rows = db.session.scalars(
        sa.select(MailAttempt)
        .where(MailAttempt.mail_message_id == number)
        .order_by(MailAttempt.mail_attempt_id)
    )
    return [(row.outcome, row.reply) for row in rows]


def test_a_letter_reaches_the_server_once_with_both_parts(acting_as: Acting, catcher: Catcher) -> None:
    number = write(acting_as, html="<p>Call Dana.</p>")
    services.sending.send(number, now=NOW)
    services.sending.send(number, now=NOW)
    [taken] = catcher.letters()
    assert (taken["To"], taken["Subject"]) == ("nell@pantry.example", "Two late")
    assert taken["Message-ID"] == letter(number).message_id
    assert [part.get_content_type() for part in taken.iter_parts()] == ["text/plain", "text/html"]
    assert letter(number).state == MailState.SENT
    assert outcomes(number) == [("sent", "250 taken")]


def test_writing_a_letter_rings_for_it_after_the_commit(
    acting_as: Acting, rung: list[tuple[str, tuple[int, ...]]]
) -> None:
    with transaction():
        number = services.mails.queue(to="nell@pantry.example", subject="x", text="x")
        assert rung == []
    assert rung == [("mails.send_one", (number,))]


def test_while_the_server_is_talked_to_handing_over_is_committed_and_no_transaction_open(
    own_database: Database, catcher: Catcher, app: Flask
) -> None:
    with own_database.connect() as watching:
        seen: list[object] = []

        def look() -> None:
            seen.append(watching.execute("select state::text from mail_messages").fetchone())
            seen.append(
                watching.execute(
                    "select count(*) from pg_stat_activity where datname = %s and state like 'idle in%%'",
                    [own_database.name],
                ).fetchone()
            )

        catcher.before_answer = look
        smtp_url = app.config["SETTINGS"].smtp_url
        worker = crm.create_app("worker", own_database.settings("worker", smtp_url=smtp_url))
        with worker.app_context():
            act_as(SYSTEM)
            with transaction():
                number = services.mails.queue(to="nell@pantry.example", subject="x", text="x\n")
            services.sending.send(number, now=datetime.now(UTC))
            db.session.remove()
            db.engine.dispose()
        assert seen == [("handing over",), (0,)]
        assert watching.execute("select state::text from mail_messages").fetchone() == ("sent",)


def test_a_refusal_for_now_is_deferred_with_growing_pauses(acting_as: Acting, catcher: Catcher) -> None:
    catcher.at_recipient = "451 try later"
    number = write(acting_as)
    now, pauses = datetime.now(UTC) + timedelta(days=1), []
    for _ in range(4):
        services.sending.send(number, now=now)
        pauses.append(letter(number).next_attempt_at - now)
        now = letter(number).next_attempt_at
    assert pauses == [timedelta(minutes=n) for n in (1, 2, 4, 8)]
    assert letter(number).state == MailState.PLANNED
    assert outcomes(number) == [("deferred", "451 try later")] * 4
    catcher.at_recipient = "250 OK"
    services.sending.send(number, now=now)
    assert letter(number).state == MailState.SENT


def test_a_letter_rests_until_its_next_attempt(acting_as: Acting, catcher: Catcher) -> None:
    catcher.at_recipient = "451 try later"
    number = write(acting_as)
    now = datetime.now(UTC) + timedelta(days=1)
    services.sending.send(number, now=now)
    services.sending.send(number, now=now + timedelta(seconds=59))
    assert len(outcomes(number)) == 1


def test_pauses_end_at_four_hours_and_attempts_at_fifteen(acting_as: Acting, catcher: Catcher) -> None:
    assert services.sending.pause_after(40) == timedelta(hours=4)
    catcher.at_recipient = "451 try later"
    number = write(acting_as)
    now = datetime.now(UTC) + timedelta(days=1)
    for _ in range(services.sending.MOST_ATTEMPTS):
        services.sending.send(number, now=now)
        now += timedelta(hours=4)
    assert letter(number).state == MailState.FAILED


@pytest.mark.parametrize("where", ["at_recipient", "at_content"])
def test_a_refusal_for_good_has_failed(acting_as: Acting, catcher: Catcher, where: str) -> None:
    setattr(catcher, where, "550 nobody here")
    number = write(acting_as)
    services.sending.send(number, now=NOW)
    assert letter(number).state == MailState.FAILED
    assert letter(number).last_error == "550 nobody here"


def test_a_refusal_of_the_content_for_now_is_deferred(acting_as: Acting, catcher: Catcher) -> None:
    catcher.at_content = "452 disk full"
    number = write(acting_as)
    services.sending.send(number, now=NOW)
    assert (letter(number).state, letter(number).last_error) == (MailState.PLANNED, "452 disk full")


def test_a_server_that_is_away_defers(acting_as: Acting, settings: Callable[..., Settings]) -> None:
    settings(smtp_url="smtp://127.0.0.1:9")
    number = write(acting_as)
    services.sending.send(number, now=NOW)
    assert letter(number).state == MailState.PLANNED
    assert "ConnectionRefusedError" in (letter(number).last_error or "")


def test_no_answer_after_the_content_is_in_doubt_and_never_sent_again_by_itself(
    acting_as: Acting, catcher: Catcher
) -> None:
    catcher.at_content = ""
    number = write(acting_as)
    services.sending.send(number, now=NOW)
    assert letter(number).state == MailState.IN_DOUBT
    catcher.at_content = "250 taken"
    for later in range(1, 4):
        services.planning.tick(now=NOW + timedelta(days=later))
        services.sending.send(number, now=NOW + timedelta(days=later))
    assert catcher.taken == []
    assert [m.mail_message_id for m in queries.mails.in_doubt()] == [number]


def test_a_person_can_have_a_letter_in_doubt_sent_again(acting_as: Acting, catcher: Catcher) -> None:
    catcher.at_content = ""
    number = write(acting_as)
    services.sending.send(number, now=NOW)
    catcher.at_content = "250 taken"
    with transaction():
        services.mails.resend(number, now=NOW)
    services.sending.send(number, now=NOW)
    [taken] = catcher.letters()
    assert taken["Message-ID"] == letter(number).message_id, (
        "so that a reader's program can tell it is the same"
    )
    assert letter(number).state == MailState.SENT


def test_a_person_can_take_a_letter_in_doubt_for_sent(acting_as: Acting, catcher: Catcher) -> None:
    catcher.at_content = ""
    number = write(acting_as, is_secret=True)
    services.sending.send(number, now=NOW)
    with transaction():
        services.mails.accept(number, now=NOW)
    assert letter(number).state == MailState.SENT
    assert letter(number).text_body is None, "and its secret goes with it"


@pytest.mark.parametrize("decision", ["resend", "accept"])
def test_there_is_nothing_to_decide_about_a_letter_that_was_sent(
    acting_as: Acting, catcher: Catcher, decision: str
) -> None:
    number = write(acting_as)
    services.sending.send(number, now=NOW)
    with pytest.raises(Refused, match="is sent"), transaction():
        getattr(services.mails, decision)(number, now=NOW)


def test_a_secret_is_wiped_once_it_was_sent(acting_as: Acting, catcher: Catcher) -> None:
    number = write(acting_as, text="https://pantry.example/reset/k3y\n", html="<p>k3y</p>", is_secret=True)
    services.sending.send(number, now=NOW)
    assert "k3y" in catcher.letters()[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert (letter(number).text_body, letter(number).html_body) == (None, None)


def test_a_secret_is_kept_until_it_was_sent(acting_as: Acting, catcher: Catcher) -> None:
    catcher.at_recipient = "451 try later"
    number = write(acting_as, is_secret=True)
    services.sending.send(number, now=NOW)
    assert letter(number).text_body is not None


def leave(number: int, state: MailState) -> None:
    """As a worker leaves a letter that is killed in this state."""
    db.session.execute(
        sa.update(MailMessage)
        .where(MailMessage.mail_message_id == number)
        .values(state=state, lease_until=NOW + services.sending.LEASE, lease_token=sa.func.gen_random_uuid())
    )
    db.session.execute(sa.insert(MailAttempt).values(mail_message_id=number, started_at=NOW))
    db.session.commit()


def test_a_letter_of_a_worker_that_died_before_handing_over_is_sent_once(
    acting_as: Acting, catcher: Catcher
) -> None:
    number = write(acting_as)
    leave(number, MailState.CLAIMED)
    services.sending.send(number, now=NOW)
    assert catcher.taken == [], "its lease still runs"
    services.planning.tick(now=NOW + timedelta(minutes=4))
    services.sending.send(number, now=NOW + timedelta(minutes=4))
    assert len(catcher.taken) == 1
    assert [outcome for outcome, _ in outcomes(number)] == ["deferred", "sent"]


def test_a_letter_of_a_worker_that_died_while_handing_over_is_in_doubt(
    acting_as: Acting, catcher: Catcher
) -> None:
    number = write(acting_as)
    leave(number, MailState.HANDING_OVER)
    services.planning.tick(now=NOW + timedelta(minutes=2))
    assert letter(number).state == MailState.HANDING_OVER, "its lease still runs"
    services.planning.tick(now=NOW + timedelta(minutes=4))
    services.sending.send(number, now=NOW + timedelta(minutes=4))
    assert letter(number).state == MailState.IN_DOUBT
    assert catcher.taken == []


def test_a_worker_whose_claim_was_taken_back_sends_nothing(
    acting_as: Acting, catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = write(acting_as)
    hand_over = mail.hand_over

    def slow(taken: mail.Letter, line: mail.Line, *, before_content: Callable[[], None]) -> mail.Answer:
        with transaction():
            services.mails.free_expired(now=NOW + timedelta(minutes=4))
        return hand_over(taken, line, before_content=before_content)

    monkeypatch.setattr(mail, "hand_over", slow)
    services.sending.send(number, now=NOW)
    assert catcher.taken == []
    assert letter(number).state == MailState.PLANNED


def test_a_worker_that_was_only_slow_may_still_tell_that_it_was_sent(
    acting_as: Acting, catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = write(acting_as)
    hand_over = mail.hand_over

    def slow(taken: mail.Letter, line: mail.Line, *, before_content: Callable[[], None]) -> mail.Answer:
        answer = hand_over(taken, line, before_content=before_content)
        with transaction():
            services.mails.free_expired(now=NOW + timedelta(minutes=4))
        assert letter(number).state == MailState.IN_DOUBT
        db.session.commit()
        return answer

    monkeypatch.setattr(mail, "hand_over", slow)
    services.sending.send(number, now=NOW)
    assert letter(number).state == MailState.SENT


def test_what_a_person_decided_is_not_overruled_by_a_slow_worker(
    acting_as: Acting, catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    catcher.at_content = "550 nobody here"
    number = write(acting_as)
    hand_over = mail.hand_over

    def slow(taken: mail.Letter, line: mail.Line, *, before_content: Callable[[], None]) -> mail.Answer:
        answer = hand_over(taken, line, before_content=before_content)
        with transaction():
            services.mails.free_expired(now=NOW + timedelta(minutes=4))
            services.mails.accept(number, now=NOW)
        return answer

    monkeypatch.setattr(mail, "hand_over", slow)
    services.sending.send(number, now=NOW)
    assert letter(number).state == MailState.SENT


def test_a_letter_is_not_sent_inside_a_unit_of_work(acting_as: Acting, catcher: Catcher) -> None:
    number = write(acting_as)
    with pytest.raises(RuntimeError, match="between transactions"), transaction():
        services.sending.send(number, now=NOW)
    assert catcher.taken == []


def test_the_journal_names_each_letter_that_was_handed_over(
    acting_as: Acting, catcher: Catcher, settings: Callable[..., Settings], tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    settings(mail_journal=journal)
    # The catcher's address was set before: keep it.
    taken, refused = write(acting_as), write(acting_as)
    services.sending.send(taken, now=NOW)
    catcher.at_content = "550 no"
    services.sending.send(refused, now=NOW)
    assert journal.read_text().splitlines() == [
        f"handing over\t{letter(taken).message_id}",
        f"sent\t{letter(taken).message_id}",
        f"handing over\t{letter(refused).message_id}",
        f"not taken\t{letter(refused).message_id}",
    ]
    assert journal.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "subject",
    [
        "plain",
        "Grüße aus der Küche, крем-сыр, 春巻き",
        "two\r\nBcc: everybody@pantry.example",
        "=?utf-8?q?two=0D=0ABcc:_everybody=40pantry.example?=",
        "=?utf-8?q?two=0ABcc=3A_everybody=40pantry.example=0A=0AX?=",
        "=?utf-8?b?dHdvDQpCY2M6IGV2ZXJ5Ym9keUBwYW50cnkuZXhhbXBsZQ==?=",
        "a\u2028Bcc: b\x0bc\x85d",
        "long " * 60,
        "=?utf-8?q?a?= " * 40,
    ],
)
def test_a_subject_stays_a_subject(acting_as: Acting, catcher: Catcher, subject: str) -> None:
    number = write(acting_as, subject=subject)
    services.sending.send(number, now=NOW)
    [raw] = catcher.taken
    head = raw.partition(b"\r\n\r\n")[0]
    names = sorted(re.findall(rb"(?mi)^([a-z-]+):", head))
    assert b"Bcc" not in names
    assert len(names) == len(set(names))
    assert catcher.to == ["nell@pantry.example"]
    words = re.sub(r"[^a-zü]", "", mail.one_line(subject).lower())[:20]
    assert words in re.sub(r"[^a-zü]", "", catcher.letters()[0]["Subject"].lower())


@pytest.mark.parametrize(
    "address",
    ["nell@pantry.example\r\nBcc: x@y.example", "nell", "", "a@b@c", "nell@pantry.example, x@y.example"],
)
def test_what_is_no_address_fails_and_says_so(acting_as: Acting, catcher: Catcher, address: str) -> None:
    number = write(acting_as, to=address)
    services.sending.send(number, now=NOW)
    assert letter(number).state == MailState.FAILED
    assert "address" in (letter(number).last_error or "")
    assert catcher.taken == []


def test_lines_of_the_text_that_begin_with_a_dot_arrive(acting_as: Acting, catcher: Catcher) -> None:
    number = write(acting_as, text="one\n.\n..two\nthree\n")
    services.sending.send(number, now=NOW)
    assert catcher.letters()[0].get_content().splitlines() == ["one", ".", "..two", "three"]


def test_an_address_beyond_ascii_needs_a_server_that_takes_it(acting_as: Acting, catcher: Catcher) -> None:
    number = write(acting_as, to="käthe@pantry.example")
    services.sending.send(number, now=NOW)
    assert letter(number).state in {MailState.SENT, MailState.FAILED}
    assert (letter(number).state == MailState.SENT) == (catcher.to == ["käthe@pantry.example"])


def test_letters_that_wait_are_sent_one_after_the_other_and_none_that_rests(
    acting_as: Acting, catcher: Catcher, rung: list[tuple[str, tuple[int, ...]]]
) -> None:
    numbers = [write(acting_as, subject=f"Letter {number}") for number in range(3)]
    resting = write(acting_as)
    with transaction():
        db.session.execute(
            sa.update(MailMessage)
            .where(MailMessage.mail_message_id == resting)
            .values(next_attempt_at=sa.func.now() + timedelta(hours=1))
        )
    rung.clear()
    services.sending.send_waiting(now=NOW, rounds=3)
    assert [taken["Subject"] for taken in catcher.letters()] == ["Letter 0", "Letter 1", "Letter 2"]
    assert {letter(number).state for number in numbers} == {MailState.SENT}
    assert letter(resting).state == MailState.PLANNED
    assert rung == []


def test_one_letter_is_claimed_at_a_time_whatever_way_the_planner_takes(
    acting_as: Acting, catcher: Catcher
) -> None:
    """One that asks which letter is next again and again, once for each row, is told another each time."""
    numbers = [write(acting_as) for _ in range(3)]
    ways = ("hashjoin", "mergejoin", "hashagg", "sort", "material", "indexscan", "bitmapscan")
    for way in ways:
        db.session.execute(sa.text(f"set enable_{way} = off"))
    try:
        services.sending.send_waiting(now=datetime.now(UTC), rounds=1)
    finally:
        for way in ways:
            db.session.execute(sa.text(f"reset enable_{way}"))
    assert [outcomes(number) for number in numbers] == [[("sent", "250 taken")]] * 3


def test_letters_left_after_some_seconds_are_rung_for(
    acting_as: Acting, rung: list[tuple[str, tuple[int, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(acting_as)
    rung.clear()
    monkeypatch.setattr(bell, "ROUND_SECONDS", 0)
    services.sending.send_waiting(now=NOW, rounds=3)
    services.sending.send_waiting(now=NOW, rounds=1)
    assert rung == [("mails.send_waiting", (2,))]


@pytest.mark.parametrize(("letters_a_line", "lines"), [(1000, 1), (2, 3)])
def test_letters_that_wait_share_a_line_as_long_as_the_server_likes(
    acting_as: Acting, catcher: Catcher, letters_a_line: int, lines: int
) -> None:
    catcher.letters_a_line = letters_a_line
    numbers = [write(acting_as) for _ in range(5)]
    services.sending.send_waiting(now=datetime.now(UTC), rounds=1)
    assert [outcomes(number) for number in numbers] == [[("sent", "250 taken")]] * 5
    assert (len(catcher.taken), catcher.lines) == (5, lines)


def test_a_letter_that_is_refused_or_in_doubt_costs_the_next_one_a_line_and_nothing_else(
    acting_as: Acting, catcher: Catcher
) -> None:
    answers = ["250 taken", "550 not this one", "250 taken", "", "250 taken"]
    numbers = [write(acting_as) for _ in answers]

    def answer() -> None:
        catcher.at_content = answers.pop(0)

    catcher.before_answer = answer
    services.sending.send_waiting(now=datetime.now(UTC), rounds=1)
    assert [letter(number).state for number in numbers] == [
        MailState.SENT, MailState.FAILED, MailState.SENT, MailState.IN_DOUBT, MailState.SENT,
    ]  # fmt: skip
    assert (len(catcher.taken), catcher.lines) == (3, 3)
