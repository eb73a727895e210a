"""A stack of real processes for one test: its own database, Valkey, mail server, workers and beats."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
import redis
from flask import Flask
from stack import ports
from stack.processes import Server
from stack.valkey import Valkey

import crm
from crm import bell, services
from crm.db import SYSTEM, act_as, db
from tests.databases import FIRM_TIMEZONE, ROOT, SECRET_KEY, Database

PATIENCE = 120
"""Seconds for which anything is waited for: many, for others may use the machine, too. Where all is well
nobody waits so long.
"""
ROWS = 1_200
"""Places in the book."""


def wait_until(what: Callable[[], object], *, doing: str, seconds: float = PATIENCE) -> None:
    """Return as soon as `what()` is true; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not what():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds} s in vain for {doing}")
        pause.wait(0.05)


@dataclass(frozen=True)
class Born:
    """A process of the nursery."""

    pid: int

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float = PATIENCE) -> None:
        """Return when it is gone; fail after `timeout` seconds."""
        wait_until(lambda: not self._is_there(), doing=f"process {self.pid} to end", seconds=timeout)

    def _is_there(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True


class Nursery:
    """Bears Python programs that need not read themselves first (`tests.faults.nursery`)."""

    def __init__(self) -> None:
        words = [sys.executable, "-m", "tests.faults.nursery"]
        self._talk = subprocess.Popen(
            words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def bear(self, *words: str, log: Path, environment: dict[str, str], ended: Path | None = None) -> Born:
        """Start one as the leader of a session; its output goes to the end of `log`, its exit code into
        `ended`.
        """
        assert self._talk.stdin is not None
        assert self._talk.stdout is not None
        order = {"words": words, "log": str(log), "environment": environment}
        self._talk.stdin.write(json.dumps(order | ({"ended": str(ended)} if ended else {})) + "\n")
        self._talk.stdin.flush()
        return Born(int(self._talk.stdout.readline()))

    def close(self) -> None:
        self._talk.terminate()
        self._talk.communicate()


Process = Born | subprocess.Popen[bytes]


@dataclass
class Stack:
    """The processes of one test, and what can be asked and done from outside."""

    folder: Path
    database: Database
    valkey_url: str
    smtp_port: int
    app: Flask
    valkey: Server
    nursery: Nursery
    through: dict[str, str] = field(default_factory=dict)
    """Other addresses for the processes that are started, such as those of a proxy, by variable."""
    running: list[Process] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return (
            os.environ
            | {
                "DATABASE_URL": self.database.url("web"),
                "DATABASE_WORKER_URL": self.database.url("worker"),
                "REDIS_URL": self.valkey_url,
                "SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}",
                "SECRET_KEY": SECRET_KEY,
                "FIRM_TIMEZONE": FIRM_TIMEZONE,
                "PANTRY_ENV": "test",
                "DATA_DIR": str(self.folder),
                "LOG_LEVEL": "INFO",
                "FLASK_APP": "crm.cli:create_app",
            }
            | self.through
        )

    def start(self, name: str, *words: str) -> Born:
        """Start a Python program as the leader of a session; its output goes to FOLDER/name.log."""
        self.log(name).touch()  # read before the process may have come to write it
        process = self.nursery.bear(*words, log=self.log(name), environment=self.environment)
        self.running.append(process)
        return process

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def worker(self, name: str = "worker") -> Born:
        """A worker of all queues, ready to work."""
        words = ["-m", "celery", "-A", "celery_worker", "worker", "-n", f"{name}@test"]
        process = self.start(name, *words, "--without-gossip", "--without-mingle", "--without-heartbeat")
        wait_until(lambda: " ready" in self.log(name).read_text(), doing=f"{name} to be ready")
        return process

    def beat(self, name: str) -> Born:
        schedule = str(self.folder / f"{name}-schedule")
        return self.start(name, "-m", "celery", "-A", "celery_worker", "beat", "-s", schedule)

    def kill(self, process: Process) -> None:
        """kill -9 of the process and of everything that it started; nothing if that is over."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.running.remove(process)

    def flask(self, *words: str) -> str:
        """What that command says, which must not fail."""
        said, ended = self.log("flask"), self.folder / "flask.ended"
        for file in (said, ended):
            file.unlink(missing_ok=True)
        asked = self.nursery.bear("-m", "flask", *words, log=said, environment=self.environment, ended=ended)
        asked.wait()
        assert ended.read_text() == "0", said.read_text()
        return said.read_text()

    def tick(self, now: datetime) -> None:
        """What beat's message makes a worker do, done here, at a moment of the test's choosing."""
        with self.app.app_context():
            act_as(SYSTEM)
            services.planning.tick(now=now)

    def sink_does(self, mode: str) -> None:
        (self.folder / "mode").write_text(mode)

    @property
    def seen(self) -> list[str]:
        """What the mail server saw, one line a letter."""
        seen = self.folder / "seen"
        return seen.read_text().splitlines() if seen.exists() else []

    @property
    def taken(self) -> list[str]:
        """The Message-IDs of what the mail server took."""
        taken = self.folder / "taken"
        return taken.read_text().splitlines() if taken.exists() else []

    def freeze(self, process: Process) -> None:
        """Stop a process and everything that it started, until `wake`."""
        os.killpg(process.pid, signal.SIGSTOP)

    def wake(self, process: Process) -> None:
        os.killpg(process.pid, signal.SIGCONT)

    def every_invariant_holds(self) -> None:
        """What must be true after anything that can happen; fails with what is not."""
        assert len(self.taken) == len(set(self.taken)), "a letter was taken twice"
        assert "Every invariant holds." in self.flask("doctor", "--invariants")

    def ask(self, question: str) -> list[tuple[object, ...]]:
        with self.database.connect() as system:
            return system.execute(question.encode()).fetchall()

    def states(self) -> list[str]:
        """The states of all letters."""
        return [str(state) for (state,) in self.ask("select state::text from mail_messages order by 1")]

    def is_idle(self) -> bool:
        """Nothing is queued, and no row waits that could be worked on now."""
        waiting = self.ask(
            """
            select (select count(*) from deliveries where state = 'planned')
                + (select count(*) from mail_messages where state in ('planned', 'claimed', 'handing over'))
                + (select count(*) from jobs where state in ('planned', 'running'))
            """
        )
        with redis.Redis.from_url(self.valkey_url) as broker:
            return waiting == [(0,)] and broker.llen("default") + broker.llen("mail") == 0

    def flush(self) -> None:
        with redis.Redis.from_url(self.valkey_url) as broker:
            broker.flushall()


@contextmanager
def running(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch, nursery: Nursery
) -> Iterator[Stack]:
    """Valkey and mail server run beside `database`; workers and beats are the test's to start and kill."""
    valkey = Valkey(folder / "valkey", ports.free(), "of-this-test", careless=True)
    server = valkey.server(folder / "valkey.log")
    settings = database.settings("worker", redis_url=valkey.url, data_dir=folder)
    app = crm.create_app("worker", settings)
    made = Stack(folder, database, valkey.url, ports.free(), app, server, nursery)
    monkeypatch.setattr(bell, "_quiet_until", 0.0)
    server.start()
    try:
        made.sink_does("take")
        made.start("sink", "-m", "tests.faults.sink", str(made.smtp_port), str(folder))
        server.wait_until_ready()
        wait_until(lambda: ports.answers(made.smtp_port), doing="the mail server")
        yield made
    finally:
        for process in list(made.running):
            made.kill(process)
        server.stop()
        with made.app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
def stack(
    own_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nursery: Nursery
) -> Iterator[Stack]:
    """The processes around a database of the test's own."""
    with running(own_database, tmp_path, monkeypatch, nursery) as made:
        yield made


@pytest.fixture
def people(stack: Stack) -> list[int]:
    """Two reps, and the places that the first one looks after."""
    return add_people(stack)


def add_people(stack: Stack) -> list[int]:
    """Add them; their numbers."""
    with stack.database.connect("owner", role=None) as owner:
        found = owner.execute(
            """
            with rep as (
                insert into users (email, full_name, fs_uniquifier, time_zone)
                values ('nell@pantry.example', 'Nell Carrow', 'nell', 'UTC'),
                       ('otis@pantry.example', 'Otis Brandt', 'otis', 'UTC') returning user_id
            ), place as (
                insert into organizations (name, owner_id)
                select 'Place ' || n, (select min(user_id) from rep) from generate_series(1, %s) n
            )
            select user_id from rep order by 1
            """,
            [ROWS],
        ).fetchall()
    return [number for (number,) in found]
