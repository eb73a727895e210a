"""A stack of real processes for one test: its own database, Valkey, mail server, workers and beats."""

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
from crm import bell, services, tasks
from crm.db import SYSTEM, act_as, db
from tests.databases import FIRM_TIMEZONE, ROOT, SECRET_KEY, Database

PATIENCE = 30
ROWS = 1_200
"""Places in the book."""


def wait_until(what: Callable[[], object], *, doing: str) -> None:
    """Return as soon as `what()` is true; fail after half a minute."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not what():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {PATIENCE} s in vain for {doing}")
        pause.wait(0.05)


@dataclass
class Stack:
    """The processes of one test, and what can be asked and done from outside."""

    folder: Path
    database: Database
    valkey_url: str
    smtp_port: int
    app: Flask
    valkey: Server
    through: dict[str, str] = field(default_factory=dict)
    """Other addresses for the processes that are started, such as those of a proxy, by variable."""
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

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

    def start(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        """Start a Python program as the leader of a session; its output goes to FOLDER/name.log."""
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def worker(self, name: str = "worker") -> subprocess.Popen[bytes]:
        """A worker of all queues, ready to work."""
        process = self.start(name, "-m", "celery", "-A", "celery_worker", "worker", "-n", f"{name}@test")
        wait_until(lambda: " ready" in self.log(name).read_text(), doing=f"{name} to be ready")
        return process

    def beat(self, name: str) -> subprocess.Popen[bytes]:
        schedule = str(self.folder / f"{name}-schedule")
        return self.start(name, "-m", "celery", "-A", "celery_worker", "beat", "-s", schedule)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """kill -9 of the process and of everything that it started; nothing if that is over."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.running.remove(process)

    def flask(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "flask", *words],
            cwd=ROOT,
            env=self.environment,
            text=True,
            capture_output=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

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

    def freeze(self, process: subprocess.Popen[bytes]) -> None:
        """Stop a process and everything that it started, until `wake`."""
        os.killpg(process.pid, signal.SIGSTOP)

    def wake(self, process: subprocess.Popen[bytes]) -> None:
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
def running(database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Valkey and mail server run beside `database`; workers and beats are the test's to start and kill."""
    valkey = Valkey(folder / "valkey", ports.free(), "of-this-test", careless=True)
    server = valkey.server(folder / "valkey.log")
    settings = database.settings("worker", redis_url=valkey.url, data_dir=folder)
    before: Flask | None = getattr(bell.celery, "flask", None)
    app = crm.create_app("worker", settings)
    made = Stack(folder, database, valkey.url, ports.free(), app, server)
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
        if before is not None:
            tasks.init(before, before.config["SETTINGS"])


@pytest.fixture
def stack(own_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """The processes around a database of the test's own."""
    with running(own_database, tmp_path, monkeypatch) as made:
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
