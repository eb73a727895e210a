"""The order of things for `bin/up`: assets, PostgreSQL, Valkey, migrations, the book, the application."""

import contextlib
import fcntl
import http.client
import os
import shutil
import signal
import smtplib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from stack import assets, postgres, processes, settings
from stack.environment import CHECKOUT, PYTHON
from stack.processes import Server
from stack.settings import Settings
from stack.steps import StepFailed, say, step

# The application as commands need it, connected as the owner of the database.
COMMANDS = "crm.cli"
WORKER = "worker@kitchenpantry"
LONG_WORKER = "work@kitchenpantry"
ACCOUNTS = {"nell@pantry.example": "rep", "mara@pantry.example": "manager", "ada@pantry.example": "admin"}


def run(folder: Path, *, port: int | None, demo: bool, begun: float) -> int:
    """Start the stack of this folder and keep it running until a signal ends it; returns the exit code.

    `begun` is when the person started the command, in seconds since 1970. Raises StepFailed, with everything
    that was started stopped again.
    """
    _stop_on_signals()
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    started: list[Server] = []
    with alone_in(folder) as lock:
        try:
            made = start(folder, port, demo, started, lock)
            say(welcome(made, time.time() - begun))
            while True:
                processes.watch(started)
                time.sleep(0.25)
        except KeyboardInterrupt:
            say("\nStopping ...")
            return 0
        finally:
            _ignore_signals()
            processes.stop_all(started)
            say("Stopped.")


def start(folder: Path, port: int | None, demo: bool, started: list[Server], lock: int) -> Settings:
    """Take every step up to the running application; each server is added to `started` before it runs."""
    (folder / "logs").mkdir(mode=0o700, exist_ok=True)
    assets.make()
    made = settings.decide(folder, port=port)
    made.write()
    if made.cluster:
        with step("PostgreSQL") as remarks:
            if not made.cluster.folder.exists():
                remarks.append("a new cluster")
            postgres.create(made.cluster)
            _start(made.cluster.server(_log(folder, "postgres"), (lock,)), started)
            postgres.set_up(made.cluster)
    if made.valkey:
        with step("Valkey"):
            _start(made.valkey.server(_log(folder, "valkey"), (lock,)), started)
    with step("Migrations") as remarks:
        if _is_current(made):
            remarks.append("nothing new")
        else:
            _flask(made, "db", "upgrade")
    if demo and made.wants_demo and not made.has_demo:
        with step("Demo book"):
            _flask(made, "demo", "load", "--size", "broker")
            made.demo_was_loaded()
    if made.smtp_port:
        with step("Mail catcher"):
            _start(mail_catcher(made, lock), started)
    with step("Web server, worker and beat"):
        # Together, for each spends most of its start reading modules.
        together = [web(made, lock), worker(made, lock), long_worker(made, lock), beat(made, lock)]
        for server in together:
            started.append(server)
            server.start()
        for server in together:
            server.wait_until_ready()
    return made


def web(made: Settings, lock: int) -> Server:
    """The web server; ready when the application says that its database and broker answer."""
    command: list[str | Path] = [PYTHON, "-m", "gunicorn", "--worker-class", "asgi"]
    command += ["--workers", "2", "--bind", f"127.0.0.1:{made.web_port}"]
    command += ["--graceful-timeout", "5", "--no-control-socket", "crm.live:make()"]

    # Each of its processes counts its requests there; what those of an earlier run counted is gone with them.
    counts = made.folder / "metrics"
    shutil.rmtree(counts, ignore_errors=True)
    counts.mkdir()

    def is_ready() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", made.web_port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return Server(
        name="the web server",
        command=command,
        folder=CHECKOUT,
        log=_log(made.folder, "web"),
        environment=made.for_web() | {"PROMETHEUS_MULTIPROC_DIR": str(counts)},
        is_ready=is_ready,
        keep_open=(lock,),
    )


def worker(made: Settings, lock: int) -> Server:
    """The Celery worker for mail and what is short; ready when it answers a ping through the broker."""
    return _worker(made, lock, WORKER, "default,mail", processes=2, name="the worker", log="worker")


def long_worker(made: Settings, lock: int) -> Server:
    """The one for what takes long: exports and changes of many rows never delay a reminder."""
    return _worker(made, lock, LONG_WORKER, "work", processes=1, name="the worker for long jobs", log="work")


def _worker(
    made: Settings, lock: int, host: str, queues: str, *, processes: int, name: str, log: str
) -> Server:
    # Whoever waits for a page goes first, where work and pages share a machine.
    command: list[str | Path] = ["nice", PYTHON, "-m", "celery", "-A", "celery_worker", "worker"]
    command += ["--hostname", host, "--queues", queues]
    command += ["--concurrency", str(processes), "--prefetch-multiplier", "1"]
    # Its heart would look for a Valkey that is gone for ever, and not hear that it shall stop.
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    command += ["--loglevel", made.values["LOG_LEVEL"]]

    def is_ready() -> bool:
        from celery import Celery  # part of the environment, not of the Python that read this file first

        with Celery(broker=made.values["REDIS_URL"]) as caller:
            try:
                return bool(caller.control.ping(destination=[host], timeout=0.5))
            except OSError:
                return False

    return Server(
        name=name,
        command=command,
        folder=CHECKOUT,
        log=_log(made.folder, log),
        environment=made.for_worker(),
        is_ready=is_ready,
        # A mail that is being handed over is worth waiting for: cut off, it would be in doubt.
        seconds_to_stop=20,
        keep_open=(lock,),
    )


def beat(made: Settings, lock: int) -> Server:
    """Celery beat, which rings once a minute; ready when it says that its clock runs, for our broker."""
    command: list[str | Path] = [PYTHON, "-m", "celery", "-A", "celery_worker", "beat"]
    command += ["--schedule", str(made.folder / "beat-schedule")]
    command += ["--pidfile=", "--loglevel", "INFO"]
    log = _log(made.folder, "beat")
    broker = urlsplit(made.values["REDIS_URL"])
    begins_at = log.stat().st_size if log.exists() else 0

    def is_ready() -> bool:
        with log.open("rb") as file:
            file.seek(begins_at)
            said = file.read().decode("utf-8", "replace")
        return "beat: Starting..." in said and f"{broker.hostname}:{broker.port or 6379}" in said

    return Server(
        name="beat",
        command=command,
        folder=CHECKOUT,
        log=log,
        environment=made.for_worker(),
        is_ready=is_ready,
        keep_open=(lock,),
    )


def mail_catcher(made: Settings, lock: int) -> Server:
    """Takes every mail that the application sends and puts it into a Maildir, DIR/inbox."""
    port = made.smtp_port or 0
    command: list[str | Path] = [PYTHON, "-m", "aiosmtpd", "--nosetuid", "--listen", f"127.0.0.1:{port}"]
    command += ["--class", "aiosmtpd.handlers.Mailbox", str(made.folder / "inbox")]

    def is_ready() -> bool:
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=2) as connection:
                return connection.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    return Server(
        name="the mail catcher",
        command=command,
        folder=CHECKOUT,
        log=_log(made.folder, "mail-catcher"),
        environment=made.for_strangers(),
        is_ready=is_ready,
        keeps_work=True,
        keep_open=(lock,),
    )


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[int]:
    """Hold the folder's two locks: `lock` is ours alone; `servers.lock`, whose descriptor is yielded, is
    inherited by every server and so is free only when the last of them is gone, also after a kill -9 of ours.

    Raises StepFailed when another bin/up runs there, or servers of an earlier one do not end.
    """
    with (folder / "lock").open("a+") as ours, (folder / "servers.lock").open("w") as servers:
        if not _locked(ours):
            ours.seek(0)
            pid = ours.read()
            raise StepFailed(
                f"a stack is running in {folder} already (process {pid}).",
                way_out=f"use that one, or stop it (kill {pid}), or start another beside it with --data.",
            )
        ours.truncate(0)
        ours.write(str(os.getpid()))
        ours.flush()
        give_up_at = time.monotonic() + 40
        while not _locked(servers):  # those of a killed bin/up are just ending
            if time.monotonic() > give_up_at:
                raise StepFailed(
                    f"servers of an earlier start are still running in {folder}.",
                    way_out=f"end those that have this file open: fuser {servers.name} tells them.",
                )
            time.sleep(0.1)
        yield servers.fileno()


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def welcome(made: Settings, seconds: float) -> str:
    """The last words of a start: where the application is, who can sign in, how to stop."""
    address = made.values["BASE_URL"]
    lines = ["", f"KitchenPantry CRM runs at {address} (after {seconds:.0f} s)", ""]
    if made.has_demo:
        lines += [f"    {account:<22} {role}" for account, role in ACCOUNTS.items()]
        lines += [f"    {'password':<22} {made.values['DEMO_PASSWORD']}", ""]
        if os.environ.get("DEMO_PASSWORD") not in (None, "", made.values["DEMO_PASSWORD"]):
            lines += [
                "    (The book keeps the password it was loaded with, not DEMO_PASSWORD as it is now.)",
                "",
            ]
    else:
        lines += ["    There is no demo book. The first account: bin/flask users create --help", ""]
    if made.smtp_port:
        lines.append(f"    mail     {address}/inbox")
    if made.cluster and made.folder not in made.cluster.folder.parents:
        lines.append(f"    database {made.cluster.folder}")
    lines.append(f"    logs     {made.folder / 'logs'}")
    lines.append(f"    settings {made.folder / 'env'}")
    lines += ["", "Ctrl-C stops everything."]
    return "\n".join(lines)


def _start(server: Server, started: list[Server]) -> None:
    started.append(server)
    server.start()
    server.wait_until_ready()


def _is_current(made: Settings) -> bool:
    asked: list[str | Path] = [PYTHON, "-m", "migrations.standing"]
    log = _log(made.folder, "db-upgrade")
    return processes.run(asked, folder=CHECKOUT, environment=made.for_commands(), log=log) == 0


def _flask(made: Settings, *words: str) -> None:
    """Run a flask command to its end. Raises StepFailed with the last lines of its log."""
    log = _log(made.folder, "-".join(words[:2]))
    command: list[str | Path] = [PYTHON, "-m", "flask", "--app", COMMANDS, *words]
    code = processes.run(command, folder=CHECKOUT, environment=made.for_commands(), log=log)
    if code:
        hint = "" if made.cluster else " The roles of a server of your own come from bin/stack/roles.sql."
        raise StepFailed(
            f"flask {' '.join(words)} ended with code {code}.", log=log, way_out=processes.TELLS + hint
        )


def _log(folder: Path, name: str) -> Path:
    """The log of one part; one that has grown beyond 10 MB is put aside, and the one before it forgotten."""
    log = folder / "logs" / f"{name}.log"
    if log.exists() and log.stat().st_size > 10_000_000:
        shutil.move(log, log.with_suffix(".log.1"))
    return log


def _stop_on_signals() -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, stop)


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
