"""How many digests a second come out at the mail server, of 10,000 that are due at once.

    benchmarks/run digests [--workers N]

Real workers, as bin/up starts them, and a mail server that takes everything; the tick plans and rings, and is
done again each minute as beat would. From the first tick to the last letter taken. The goal is 40 a second on
two cores: 50 ms of a processor for each, whoever else uses them.
"""

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import redis
import sqlalchemy as sa
from processes import CELERY, QUIET

import crm
from crm import bell, services
from crm.config import Settings
from crm.db import SYSTEM, act_as, db

RESULTS = Path(__file__).parent / "results" / "digests.txt"
MONDAY = datetime(2026, 11, 23, 18, tzinfo=UTC)

ANSWERS = {b"EHLO": b"250-here\r\n250 8BITMIME\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


class Sink:
    """A mail server that takes everything and keeps count."""

    def __init__(self) -> None:
        self.taken = 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._talk, sock=self.listening)
        await server.serve_forever()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            writer.write(ANSWERS.get(verb, b"250 OK\r\n"))
            if verb == b"DATA":
                await reader.readuntil(b"\r\n.\r\n")
                self.taken += 1
                writer.write(b"250 taken\r\n")
            if verb == b"QUIT":
                break
        writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["digests"])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--digests", type=int, default=10_000, help="end after so many")
    options = parser.parse_args()
    settings = Settings()
    with psycopg.connect(str(settings.database_owner_url).replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("truncate deliveries, delivery_items, mail_messages, mail_attempts")
        owner.execute("vacuum analyze")
    redis.Redis.from_url(settings.redis_url).flushall()
    sink = Sink()
    os.environ["SMTP_URL"] = f"smtp://127.0.0.1:{sink.listening.getsockname()[1]}"
    app = crm.create_app("worker")
    with working(options.workers) as worker, app.app_context():
        act_as(SYSTEM)
        took = measure(sink, worker, options.digests, time.perf_counter())
    lines = [f"{name:<34} {value:>8}" for name, value in took.items()]
    text = "\n".join([f"{datetime.now(UTC):%Y-%m-%d}", *lines]) + "\n"
    RESULTS.write_text(text)
    print(text)


def measure(sink: Sink, worker: int, most: int, began: float) -> dict[str, str]:
    """Tick until all are sent."""
    before = after = processor_seconds(worker)
    early = 0
    now = MONDAY
    planned = 0.0
    next_tick = 0.0
    total = None
    while total is None or sink.taken < total:
        if (passed := time.perf_counter() - began) >= next_tick:
            services.planning.tick(now=now)
            next_tick, now = passed + 60, now + timedelta(minutes=1)
            if total is None:
                planned = time.perf_counter() - began
                total = min(due_digests(), most)
        if not early and sink.taken > total / 3:
            early, after = sink.taken, processor_seconds(worker)
        time.sleep(0.2)
    seconds, used = time.perf_counter() - began, processor_seconds(worker)
    return {
        "digests": f"{sink.taken:,}",
        "seconds to plan": f"{planned:.1f}",
        "seconds in all": f"{seconds:.1f}",
        "digests a second": f"{sink.taken / seconds:.1f}",
        "processor seconds of that": f"{used - before:.0f}",
        "milliseconds of a processor, each": f"{(used - before) / sink.taken * 1000:.0f}",
        "the same after the first third": f"{(used - after) / (sink.taken - early) * 1000:.0f}",
    }


def due_digests() -> int:
    count = db.session.execute(
        sa.text("select count(*) from deliveries where state = 'planned'")
    ).scalar_one()
    db.session.rollback()
    return int(count)


@contextmanager
def working(processes: int) -> Iterator[int]:
    """A worker of letters, as bin/up starts it, for as long as the block lasts; its process."""
    command = [sys.executable, *CELERY, *QUIET, "--queues", "default,mail", "--concurrency", str(processes)]
    worker = subprocess.Popen(command, start_new_session=True)
    try:
        while not bell.celery.control.ping(timeout=0.5):
            if worker.poll() is not None:
                raise SystemExit("the worker ended")
        yield worker.pid
    finally:
        worker.terminate()
        worker.wait()


def processor_seconds(worker: int) -> float:
    """What the worker, its backends of the database and this process have worked so far."""
    backends = sa.text("select pid from pg_stat_activity where datname = current_database()")
    pids = set(db.session.scalars(backends))
    db.session.rollback()
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if int(path.parent.name) in pids or int(parts[2]) == worker:
            ticks += int(parts[11]) + int(parts[12])
    return ticks / os.sysconf("SC_CLK_TCK") + time.process_time()


if __name__ == "__main__":
    main()
