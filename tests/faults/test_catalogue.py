"""Whatever breaks while work is done: afterwards the book is as it would have been without that, each letter
was sent once or is shown in doubt, and every invariant holds.
"""

import os
import random
import resource
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import redis
from stack import ports, postgres
from stack.postgres import Cluster
from stack.processes import Server
from stack.steps import StepFailed

from crm import queries, services
from crm.queries.lists import ORGANIZATIONS
from crm.services.schedules import ONE_AT_A_TIME
from tests import databases
from tests.databases import Database
from tests.faults.conftest import ROWS, Born, Nursery, Stack, add_people, running, wait_until
from tests.faults.proxy import Proxy
from tests.faults.work import LATER, asking, change, everywhere, promised, schedule, state, tagged

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

long = pytest.mark.long


class Work:
    """What is under way when something breaks: a reminder that is due, follow-ups for all places, a tag on
    each of them.
    """

    def __init__(self, stack: Stack, people: list[int]) -> None:
        self.stack = stack
        with stack.database.connect("owner", role=None) as owner:
            owner.execute(
                """
                with wish as (
                    insert into notification_preferences (user_id, kind, hour, weekdays)
                    values (%s, 'reminder', 0, '{1,2,3,4,5,6,7}')
                ), chance as (
                    insert into opportunities (name) values ('Brunch menu') returning opportunity_id)
                insert into interactions
                    (opportunity_id, interaction_type, owner_id, follow_up_required, follow_up_date)
                select opportunity_id, 'Phone Call', %s, true, current_date - 3 from chance
                """,
                [people[0], people[0]],
            )
        self.jobs = [schedule(stack, people[0]), change(stack, people[0])]

    @property
    def is_over(self) -> bool:
        return all(state(self.stack, job) == "done" for job in self.jobs) and self.letters_rest

    @property
    def letters_rest(self) -> bool:
        """Each due letter was made, and sent or refused or is in doubt."""
        return self.stack.ask(
            "select (select count(*) from deliveries where state = 'made'), "
            "(select count(*) from mail_messages where state in ('planned', 'claimed', 'handing over'))"
        ) == [(1, 0)]

    def begins(self) -> None:
        self.stack.tick(datetime.now(UTC))

    def has_begun(self) -> bool:
        return bool(self.stack.ask("select from jobs where requested_by is not null and state = 'running'"))

    def ends(self, *, letters: tuple[str, ...] = ("sent",)) -> None:
        """What is left is done by a worker that is well, some minutes later."""
        self.stack.worker("last")
        for minutes in (0, 1):
            a_minute_passes(self.stack)
            self.stack.tick(datetime.now(UTC) + LATER + timedelta(minutes=minutes))
        wait_until(lambda: self.is_over, doing="all work to be done")
        assert self.stack.states()[0] in letters
        assert promised(self.stack) == [(1, ROWS)]
        assert tagged(self.stack) == [(1, ROWS)]
        figures = self.stack.ask("select result from jobs where requested_by is not null order by job_id")
        assert figures == [({"added": ROWS, "left": 0},), ({"changed": ROWS, "left": 0},)]
        self.stack.every_invariant_holds()


@pytest.fixture
def work(stack: Stack, people: list[int]) -> Work:
    return Work(stack, people)


def a_minute_passes(stack: Stack) -> None:
    """What rests after a failure may be tried again."""
    with stack.database.connect() as system:
        for table in ("jobs", "mail_messages"):
            system.execute(f"update {table} set next_attempt_at = now() where state = 'planned'".encode())


@contextmanager
def in_the_middle(stack: Stack, database: Database | None = None) -> Iterator[None]:
    """Meanwhile no step of scheduling ends: whoever does it waits, inside of a transaction."""
    with (database or stack.database).connect("superuser", role=None) as other:
        other.execute("select pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        yield


def waits(stack: Stack) -> bool:
    return stack.ask("select count(*) from pg_locks where locktype = 'advisory' and not granted") != [(0,)]


# Workers


@long
def test_a_worker_frozen_past_its_lease_writes_nothing_more_when_it_wakes(stack: Stack, work: Work) -> None:
    first = stack.worker("first")
    with in_the_middle(stack):
        work.begins()
        wait_until(lambda: waits(stack), doing="it to be inside of a step")
        stack.freeze(first)
        with stack.database.connect("superuser", role=None) as admin:
            silent = admin.execute(
                "select pid from pg_stat_activity where datname = current_database() "
                "and usename = 'kp_worker' and xact_start is not null"
            ).fetchall()
    assert silent
    try:
        began = time.monotonic()
        stack.tick(datetime.now(UTC) + LATER)
        assert time.monotonic() - began < 15, "nobody waits for what it holds by a lock"
        # The server ends the transaction of a session that says nothing for as long as a lease; here at once.
        with stack.database.connect("superuser", role=None) as admin:
            for (pid,) in silent:
                admin.execute("select pg_terminate_backend(%s)", [pid])
        stack.worker("second")
        a_minute_passes(stack)
        stack.tick(datetime.now(UTC) + LATER)
        wait_until(lambda: work.is_over, doing="the second worker to do it all")
    finally:
        stack.wake(first)
    work.ends(letters=("sent", "in doubt"))


@long
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGQUIT, signal.SIGINT], ids=["TERM", "QUIT", "INT"])
def test_a_worker_that_is_stopped_during_work_leaves_the_rest_to_another(
    stack: Stack, work: Work, how: signal.Signals
) -> None:
    first = stack.worker("first")
    work.begins()
    wait_until(work.has_begun, doing="it to begin")
    first.send_signal(how)
    first.wait()
    work.ends()


# Valkey


def _restart(stack: Stack) -> None:
    stack.valkey.stop()
    stack.valkey.start()
    stack.valkey.wait_until_ready()


def _freeze_for(seconds: float) -> Callable[[Stack], None]:
    def freeze(stack: Stack) -> None:
        os.kill(stack.valkey.pid, signal.SIGSTOP)
        began = threading.Event()
        stack.tick(datetime.now(UTC))  # it plans, and nobody hears the bells
        began.wait(seconds)
        os.kill(stack.valkey.pid, signal.SIGCONT)

    return freeze


def _fill(stack: Stack) -> None:
    with redis.Redis.from_url(stack.valkey_url) as broker:
        broker.config_set("maxmemory", 1)
        stack.tick(datetime.now(UTC))
        broker.config_set("maxmemory", 0)


VALKEYS = {
    "restarted": _restart,
    "flushed": Stack.flush,
    "frozen": _freeze_for(4),
    "frozen for 90 s": _freeze_for(90),
    "full": _fill,
}


@long
@pytest.mark.parametrize("fault", VALKEYS)
def test_a_valkey_that_is_ill_costs_time_and_nothing_else(stack: Stack, work: Work, fault: str) -> None:
    stack.worker("first")
    work.begins()
    VALKEYS[fault](stack)
    work.ends()


@long
def test_a_valkey_that_says_nothing_more_costs_time_and_nothing_else(stack: Stack, work: Work) -> None:
    port = int(stack.valkey_url.rpartition(":")[2].partition("/")[0])
    proxy = Proxy(port)
    stack.through["REDIS_URL"] = stack.valkey_url.replace(f":{port}/", f":{proxy.port}/")
    first = stack.worker("first")
    proxy.freeze()
    work.begins()
    threading.Event().wait(3)
    assert not work.is_over
    first.kill()
    proxy.close()
    stack.through.clear()
    work.ends()


# PostgreSQL


def _through(stack: Stack, proxy: Proxy) -> None:
    """Workers that are started from now on reach the database by the proxy."""
    address = stack.database.url("worker")
    port = psycopg.conninfo.conninfo_to_dict(address)["port"]
    stack.through["DATABASE_WORKER_URL"] = address.replace(f":{port}/", f":{proxy.port}/")


@pytest.fixture
def proxy(stack: Stack) -> Iterator[Proxy]:
    port = psycopg.conninfo.conninfo_to_dict(stack.database.url("worker"))["port"]
    made = Proxy(int(str(port)))
    _through(stack, made)
    yield made
    made.close()


@long
@pytest.mark.parametrize("nth", [1, 2, 3, 5, 8, 13])
def test_a_lost_answer_to_a_commit_makes_nothing_twice(
    stack: Stack, work: Work, proxy: Proxy, nth: int
) -> None:
    proxy.word, proxy.spares = b"COMMIT", nth - 1
    stack.worker("first")
    work.begins()
    wait_until(lambda: proxy.has_cut or work.is_over, doing="the answer to a commit to be lost")
    assert proxy.has_cut == 1
    proxy.mend()
    work.ends(letters=("sent", "in doubt"))


@long
@pytest.mark.parametrize("seed", range(6))
def test_lines_to_the_database_cut_at_any_byte_make_nothing_twice(
    stack: Stack, work: Work, proxy: Proxy, seed: int
) -> None:
    chance = random.Random(seed)
    proxy.after = chance.randint(2_000, 60_000)
    stack.worker("first")
    work.begins()
    wait_until(
        lambda: proxy.has_cut or work.is_over,
        doing=f"a line to be cut after {proxy.after} bytes (seed {seed})",
    )
    proxy.mend()
    work.ends(letters=("sent", "in doubt"))


@dataclass(frozen=True)
class OnServer(Database):
    """A database on a server of the test's own, which it may kill."""

    cluster: Cluster
    server: Server

    def url(self, login: str) -> str:
        return self.cluster.url(login, self.name)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[OnServer]:
    folder = postgres.place_for(tmp_path / "postgres")
    cluster = Cluster(folder, ports.free(), "of-this-test", passwords=postgres.new_passwords())
    postgres.create(replace(cluster, careless=True))  # made without syncing, but run with it
    server = cluster.server(tmp_path / "postgres.log")
    server.start()
    try:
        server.wait_until_ready()
        postgres.set_up(cluster)
        database = OnServer(postgres.DATABASE, cluster, server)
        databases.migrate("upgrade", "head", database=database)
        yield database
    finally:
        server.stop()
        shutil.rmtree(folder)


def starts(server: Server) -> bool:
    """Try to start it."""
    server.start()
    try:
        server.wait_until_ready()
    except StepFailed:
        return False
    return True


@long
@pytest.mark.parametrize("seed", range(3))
def test_a_database_that_is_killed_loses_nothing_that_it_answered(
    own_server: OnServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nursery: Nursery, seed: int
) -> None:
    with running(own_server, tmp_path, monkeypatch, nursery) as stack:
        work = Work(stack, add_people(stack))
        stack.worker("first")
        work.begins()
        wait_until(work.has_begun, doing="it to begin")
        threading.Event().wait(random.Random(seed).random())
        rows = stack.ask("select coalesce(sum(rows_done), 0) from jobs")
        os.kill(own_server.server.pid, signal.SIGKILL)
        own_server.server.stop()
        # Its sessions live on for a moment and hold what they shared; until then it does not start.
        wait_until(lambda: starts(own_server.server), doing="the database to be there again")
        assert stack.ask("select coalesce(sum(rows_done), 0) from jobs") >= rows, f"seed {seed}"
        work.ends(letters=("sent", "in doubt"))


# Beats and clocks


@long
def test_three_beats_ring_thrice_and_all_is_done_once(stack: Stack, work: Work) -> None:
    stack.worker("first")
    for name in ("one", "two", "three"):
        stack.beat(name)
    wait_until(lambda: work.is_over, doing="all work to be done")
    work.ends()


@long
def test_no_beat_for_a_day_leaves_the_newest_letter_and_says_what_became_of_the_others(
    stack: Stack, work: Work, people: list[int]
) -> None:
    work.begins()
    stack.flush()
    stack.worker("first")
    stack.tick(datetime.now(UTC) + timedelta(hours=26))
    stack.tick(datetime.now(UTC) + timedelta(hours=26, minutes=1))
    wait_until(lambda: work.is_over, doing="all work to be done")
    hers = f"select state::text, reason is null from deliveries where user_id = {people[0]}"
    assert sorted(stack.ask(hers)) == [
        ("made", True),
        ("superseded", False),
    ]
    work.ends()


@long
def test_a_beat_begins_anew_when_its_schedule_file_is_garbage(stack: Stack, work: Work) -> None:
    for ending in ("", ".db", ".dat", ".dir", ".bak"):
        (stack.folder / f"one-schedule{ending}").write_bytes(b"\x00garbage\xff" * 50)
    stack.worker("first")
    stack.beat("one")
    wait_until(lambda: work.is_over, doing="all work to be done")
    work.ends()


# Mail servers

MAILS = {
    "slow": "sent",
    **{f"{step} {code}": became for step in ("MAIL", "RCPT", "DATA", "dot")
       for code, became in (("451", "sent"), ("550", "failed"))},
    "drop": "in doubt",
    "dies": "in doubt",
    "down": "sent",
}  # fmt: skip
"""How it misbehaves, and what becomes of the letter in the end."""
ONE_OF_EACH = ("MAIL 451", "dot 550", "drop", "dies", "down")


def letter(stack: Stack, name: str) -> str:
    """A letter that waits; its Message-ID."""
    name = name.replace(" ", ".").lower()
    with stack.database.connect() as system:
        system.execute(
            "insert into mail_messages (message_id, to_address, subject, text_body) "
            "values (%s, %s, 'Two late', 'Two.')",
            [f"<{name}@pantry.example>", f"{name}@pantry.example"],
        )
    return f"<{name}@pantry.example>"


@pytest.mark.slow
@pytest.mark.parametrize(
    "modes", [ONE_OF_EACH, pytest.param((*MAILS,), marks=long)], ids=["one of each", "all"]
)
def test_whatever_a_mail_server_does_a_letter_is_sent_once_or_it_is_known_why_not(
    stack: Stack, modes: tuple[str, ...]
) -> None:
    stack.worker()
    sink = stack.running[0]
    for mode in modes:
        became = MAILS[mode]
        if mode == "down":
            stack.kill(sink)
        else:
            stack.sink_does(mode)
        this = f"from mail_messages where message_id = '{letter(stack, mode)}'"
        stack.tick(datetime.now(UTC))
        came_to = f"select state::text, last_error is not null {this} and attempts > 0"
        wait_until(
            lambda ask=came_to: stack.ask(ask) and stack.ask(ask)[0][0] not in {"claimed", "handing over"},
            doing=f"an attempt where the server is {mode}",
        )
        if became == "sent" and mode != "slow":
            assert stack.ask(came_to) == [("planned", True)], mode
        if mode == "down":
            stack.start("sink", "-m", "tests.faults.sink", str(stack.smtp_port), str(stack.folder))
            wait_until(lambda: ports.answers(stack.smtp_port), doing="the mail server")
        stack.sink_does("take")
        a_minute_passes(stack)
        stack.tick(datetime.now(UTC))
        wait_until(
            lambda ask=came_to, end=became: stack.ask(ask)[0][0] == end,
            doing=f"the letter to be {became} after the server was {mode}",
        )
    assert len(stack.taken) == [MAILS[mode] for mode in modes].count("sent") + 1, (
        "the line died after one was taken"
    )
    stack.every_invariant_holds()


@long
def test_one_bad_recipient_costs_nobody_else_a_letter(stack: Stack) -> None:
    for name in ("one", "two", "nobody", "three"):
        letter(stack, name)
    stack.sink_does("not nobody@pantry.example")
    stack.worker()
    stack.tick(datetime.now(UTC))
    wait_until(lambda: stack.states() == ["failed", "sent", "sent", "sent"], doing="all letters")
    stack.every_invariant_holds()


# Disks


@long
def test_a_full_disk_leaves_no_half_file_and_the_export_is_whole_once_there_is_room(
    stack: Stack, people: list[int]
) -> None:
    job_id = asking(
        stack,
        people[0],
        lambda: services.exports.ask(
            ORGANIZATIONS, everywhere(people[0]), list(ORGANIZATIONS.all_columns), ending="csv",
            by=queries.users.get(people[0]), total=ROWS,
        ),
    )  # fmt: skip
    worker = stack.worker("first")
    for pid in _family(worker):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (20_000, 20_000))
    stack.tick(datetime.now(UTC))
    wait_until(
        lambda: stack.ask(f"select last_error is not null from jobs where job_id = {job_id}") == [(True,)],
        doing="it to fail",
    )
    assert list((stack.folder / "exports").iterdir()) == []
    assert stack.ask("select count(*) from files") == [(0,)]
    stack.kill(worker)
    stack.worker("second")
    a_minute_passes(stack)
    stack.tick(datetime.now(UTC) + LATER)
    wait_until(lambda: state(stack, job_id) == "done", doing="the export")
    [(path,)] = stack.ask("select path from files")
    assert len((stack.folder / str(path)).read_bytes().splitlines()) == ROWS + 1
    stack.every_invariant_holds()


def _family(process: Born) -> list[int]:
    """The processes of its session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(parts[3]) == process.pid:
            found.append(int(path.parent.name))
    return found
