"""The processes of a real stack, as bin/up starts them, for the benchmarks that ask it from outside."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import redis
from flask_security import hash_password
from live import sign_in

import crm
from crm import bell, services
from crm.config import Settings
from crm.db import SYSTEM, act_as

PEOPLE = ("nell@pantry.example", "mara@pantry.example", "ada@pantry.example")
"""A rep, a manager, an admin."""
CELERY = ("-m", "celery", "-A", "celery_worker", "worker", "--prefetch-multiplier", "1")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")


def owner() -> psycopg.Connection:
    """A connection as the owner of the tables."""
    return psycopg.connect(str(Settings().database_owner_url).replace("+psycopg", ""), autocommit=True)


def let_in(password: str) -> None:
    """Let people sign in with this password, and take away what an earlier run left to do."""
    with crm.create_app("web").app_context():
        hashed = hash_password(password)
    with owner() as connection:
        connection.execute("update users set password = %s where email = any (%s)", [hashed, list(PEOPLE)])
        connection.execute("truncate deliveries, delivery_items, mail_messages, mail_attempts")
        connection.execute(
            "update jobs set state = 'stopped', finished_at = now() where state in ('planned', 'running')"
        )
        connection.execute("vacuum analyze")
    redis.Redis.from_url(Settings().redis_url).flushall()


def signed_in(address: str, password: str) -> list[str]:
    """The cookies of each of `PEOPLE`."""
    return [sign_in(address, email, password) for email in PEOPLE]


@contextmanager
def serving() -> Iterator[tuple[str, int]]:
    """The web processes: their address, and the number of their group."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = ["-m", "gunicorn", "--worker-class", "asgi", "--workers", "2", "--bind", f"127.0.0.1:{port}"]
    with _process(*words, "--no-control-socket", "crm.live:make()") as group:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", group


@contextmanager
def working(app: crm.Flask, *, now: datetime) -> Iterator[tuple[int, int]]:
    """The workers, and a tick each minute from the moment `now` on, as beat has it; the numbers of their
    groups.
    """
    words = (*CELERY, *QUIET)
    letters = _process(
        *words, "-n", "worker@bench", "--queues", "default,mail", "--concurrency", "2", is_nice=True
    )
    long = _process(*words, "-n", "work@bench", "--queues", "work", "--concurrency", "1", is_nice=True)
    with letters as first, long as second:
        while len(bell.celery.control.ping(timeout=0.5)) < 2:
            pass
        is_over = threading.Event()
        beat = threading.Thread(target=_tick, args=(app, now, is_over))
        beat.start()
        try:
            yield first, second
        finally:
            is_over.set()
            beat.join()


def _tick(app: crm.Flask, now: datetime, is_over: threading.Event) -> None:
    with app.app_context():
        act_as(SYSTEM)
        while True:
            services.planning.tick(now=now)
            now += timedelta(minutes=1)
            if is_over.wait(60):
                return


@contextmanager
def _process(*words: str, is_nice: bool = False) -> Iterator[int]:
    command = [*(["nice"] if is_nice else []), sys.executable, *words]
    started = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        yield started.pid
    finally:
        os.killpg(started.pid, signal.SIGTERM)
        started.wait()


def memory(groups: Iterable[int]) -> dict[int, list[tuple[float, float]]]:
    """Of each process of these groups, the first one first: MB that it has in memory (RSS), and its share of
    them where several have the same (PSS).
    """
    found: dict[int, list[tuple[float, float]]] = {group: [] for group in groups}
    for path in sorted(Path("/proc").glob("[0-9]*"), key=lambda one: int(one.name)):
        try:
            group = int((path / "stat").read_text().rpartition(")")[2].split()[2])
            if group in found:
                lines = (path / "smaps_rollup").read_text().splitlines()
                parts = dict(line.split(":", 1) for line in lines[1:])
                rss, pss = (int(parts[name].split()[0]) / 1024 for name in ("Rss", "Pss"))
                found[group].append((rss, pss))
        except OSError:
            continue  # it ended meanwhile
    return found


def new_password() -> str:
    return secrets.token_hex(8)
