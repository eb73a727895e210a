"""The order of things for `bin/test`: servers of its own, the linters, pytest.

Each run has a PostgreSQL and a Valkey of its own, on free ports, in a folder that is thrown away afterwards,
unless `bin/test --serve` has left a pair running. What pytest finds in its environment:

    TEST_DATABASE_SUPERUSER_URL   postgres, to the database `postgres`: makes and drops databases
    TEST_DATABASE_OWNER_URL       kp_owner   } each to the database `pantry`, which is empty but for its
    TEST_DATABASE_WEB_URL         kp_web     } extensions: clone it with `create database … template pantry`.
    TEST_DATABASE_WORKER_URL      kp_worker  } The password stays the same for every database of the cluster.
    TEST_DATABASE_BACKUP_URL      kp_backup  }
    TEST_DATABASE_TEST_URL        kp_test    } may take each of the roles above, and kp_staff and kp_system
    TEST_REDIS_URL                a Valkey that may be flushed
    TEST_RUN_ID                   eight letters, another for each run: for the names of databases, since runs
                                  beside one another share the servers of `bin/test --serve`
    TEST_POSTGRES_PROGRAMS        the folder of postgres, psql, pg_dump …
    CHROMIUM, CHROMIUM_ARGS       a browser and the arguments it needs here; unset when there is none
    PANTRY_ENV                    test

Tests that need servers to kill start their own with stack.postgres.Cluster and stack.valkey.Valkey
(pytest finds `stack`, for pyproject.toml names bin/ in its pythonpath).
"""

import contextlib
import functools
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from redis import Redis

from stack import assets, browser, envfile, environment, ports, postgres, processes
from stack.postgres import Cluster
from stack.steps import StepFailed, report, say, step
from stack.valkey import Valkey

WARM = environment.CHECKOUT / ".data" / "test"
MEMORY = Path("/dev/shm")  # noqa: S108  # nosec B108
"""Where files lie in memory; only mkdtemp makes folders there. Each test with a database of its own makes and
removes seven hundred files, and ext4 looks for minutes at every number of a removed one before it gives it
out again: the tenth such database takes it ten times as long as the first.
"""
ROOM = 4 << 30
"""Bytes that must be free there and in memory: ten times what a run needs."""


def main(arguments: list[str]) -> int:
    """Do what bin/test was asked; returns its exit code."""
    if arguments == ["--stop"]:
        return stop_warm_servers()
    if arguments == ["--serve"]:
        return start_warm_servers()
    everything = arguments in ([], ["--long"])
    try:
        assets.make()
    except StepFailed as failure:
        if everything:
            raise
        say(report(failure))  # chosen tests may not need them
    if arguments == ["--lint"]:
        return 0 if lint() else 1
    clean = lint() if everything else True
    with servers() as settings:
        code = run_pytest(arguments, settings)
    return code or (0 if clean else 1)


def run_pytest(arguments: list[str], settings: dict[str, str]) -> int:
    """Run pytest with these settings; returns its exit code."""
    words: list[str | Path] = [environment.PYTHON, "-m", "pytest"]
    if arguments in ([], ["--long"]):
        # Three workers for two cores: each waits for its database and its browser much of the time. Who is
        # done takes work from the others, for a few tests take minutes.
        words += ["-n", "3", "--dist", "worksteal"]
        # Counting what of crm/ no test runs doubles the time: that is for the run which may take longer.
        words += ["--cov", "--cov-report=term:skip-covered"] if arguments else ["-m", everyday()]
    else:
        words += arguments
    # What coverage counts, each process for itself, is put together and read in there; nothing of it stays.
    with tempfile.TemporaryDirectory(prefix="pantry-coverage-") as counts, _passing_on_interrupts():
        known = os.environ | settings | {"COVERAGE_FILE": f"{counts}/coverage"}
        # The tests start a hundred processes: without kept byte-code each would compile all of crm/ anew.
        known.pop("PYTHONDONTWRITEBYTECODE", None)
        return subprocess.run(words, cwd=environment.CHECKOUT, env=known).returncode


def everyday() -> str:
    """Which tests a run without arguments takes, as pytest's -m has it."""
    if os.environ.get("CI"):
        return "not long"
    say("         without the slow tests, which CI runs: CI=true bin/test")
    return "not long and not slow"


def lint() -> bool:
    """Run every linter, two at a time, and show the words of those that complain; whether all are content."""
    content = True
    with _passing_on_interrupts(), ThreadPoolExecutor(2) as workers:
        running = {workers.submit(_timed, check): name for name, check in checks().items()}
        for ended in as_completed(running):
            seconds, done = ended.result()
            verdict = "  complains:" if done.returncode else ""
            say(f"{seconds:5.1f} s  {running[ended]}{verdict}")
            if done.returncode:
                say(done.stdout.rstrip())
                content = False
    return content


def _timed(
    check: Callable[[], subprocess.CompletedProcess[str]],
) -> tuple[float, subprocess.CompletedProcess[str]]:
    begun = time.monotonic()
    done = check()
    return time.monotonic() - begun, done


def checks() -> dict[str, Callable[[], subprocess.CompletedProcess[str]]]:
    """Each check of the sources by its name."""
    run: list[str | Path] = [environment.PYTHON, "-m"]
    # From medium severity on: what it would say below that, ruff's S rules say already.
    bandit = ["crm", "bin/stack", "-f", "custom", "--msg-template", "{relpath}:{line}: {test_id} {msg}"]
    words: dict[str, list[str | Path]] = {
        # The slowest first: it takes one of the two places for as long as the others together take the other.
        "mypy": [*run, "mypy", "--no-error-summary"],
        "ruff": [*run, "ruff", "check", "--output-format", "concise"],
        "ruff format": [*run, "ruff", "format", "--check", "--output-format", "concise"],
        "bandit": [*run, "bandit", "-q", "-ll", "-r", "-c", "pyproject.toml", *bandit],
        "djlint": [*run, "djlint", "--lint", "--quiet", "crm/templates"],
        "eslint, prettier, stylelint, tsc": [assets.node(), "bin/lint.mjs"],
    }
    found = {name: functools.partial(_output_of, command) for name, command in words.items()}
    return found | {"squawk": _lint_migrations}


def _lint_migrations() -> subprocess.CompletedProcess[str]:
    """squawk's words about the SQL that all migrations would run; no database is asked."""
    nowhere = {"DATABASE_URL": "postgresql://127.0.0.1/nowhere", "SECRET_KEY": "only to write down some SQL"}
    emitted = subprocess.run(
        [environment.PYTHON, "-m", "flask", "--app", "crm.cli", "db", "upgrade", "--sql"],
        cwd=environment.CHECKOUT,
        env=os.environ | nowhere,
        text=True,
        capture_output=True,
    )
    if emitted.returncode:
        emitted.stdout += emitted.stderr
        return emitted
    squawk = environment.PYTHON.with_name("squawk")
    return _output_of([squawk, "--stdin-filepath", "migrations.sql", "--reporter", "gcc"], emitted.stdout)


def _output_of(command: list[str | Path], given: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=environment.CHECKOUT,
        env=assets.environment(),
        input=given,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@contextlib.contextmanager
def servers() -> Iterator[dict[str, str]]:
    """What pytest finds in its environment, while the servers behind it run."""
    settings = warm_settings()
    if settings is None:
        with _own_servers() as own:
            yield own | _browser()
    else:
        say("         using the servers of bin/test --serve")
        with Redis.from_url(settings["TEST_REDIS_URL"]) as bell:
            bell.flushall()  # else what the last run asked for counts against the limits of this one
        yield settings | _browser() | {"TEST_RUN_ID": _run_id()}


@contextlib.contextmanager
def _own_servers() -> Iterator[dict[str, str]]:
    folder = new_folder()
    cluster, bell = _pair(folder)
    started = [cluster.server(folder / "postgres.log"), bell.server(folder / "valkey.log")]
    kept = False
    try:
        with step("PostgreSQL and Valkey for the tests"):
            _bring_up(cluster, started)
        yield _settings(cluster, bell)
    except StepFailed:
        kept = True  # its logs tell why
        raise
    finally:
        processes.stop_all(started)
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


def start_warm_servers() -> int:
    """Leave a PostgreSQL and a Valkey running for the next runs; returns the exit code."""
    if warm_settings() is not None:
        say("The servers are running already; bin/test --stop ends them.")
        return 0
    for left in (envfile.read(WARM).get("STACK_FOLDER"), WARM):
        if left:
            shutil.rmtree(left, ignore_errors=True)
    WARM.mkdir(mode=0o711, parents=True)
    home = new_folder()
    cluster, bell = _pair(WARM, home)
    started = [cluster.server(WARM / "postgres.log"), bell.server(WARM / "valkey.log")]
    for server in started:
        server.dies_with_us = False
    with step("PostgreSQL and Valkey for the tests"):
        _bring_up(cluster, started)
    pids = " ".join(str(server.pid) for server in started)
    envfile.write(WARM, _settings(cluster, bell) | {"STACK_PIDS": pids, "STACK_FOLDER": str(home)})
    say("They stay until bin/test --stop.")
    return 0


def stop_warm_servers() -> int:
    """Stop what start_warm_servers left running; returns the exit code."""
    if warm_settings() is None:
        say("No servers are running.")
        return 0
    known = envfile.read(WARM)
    for pid, how in zip(known["STACK_PIDS"].split(), (signal.SIGINT, signal.SIGTERM), strict=True):
        _end(int(pid), how)
    if folder := known.get("STACK_FOLDER"):  # those of an older checkout lay where the settings are
        shutil.rmtree(folder, ignore_errors=True)
    (WARM / "env").unlink()
    say("Stopped.")
    return 0


def _end(pid: int, how: signal.Signals) -> None:
    """Ask a server that is no child of ours to end, and wait for that, half a minute at most."""
    give_up_at = time.monotonic() + 30
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, how)
        while time.monotonic() < give_up_at:
            os.kill(pid, 0)
            time.sleep(0.05)


def warm_settings() -> dict[str, str] | None:
    """The settings of the servers left running, None when they do not both answer."""
    settings = envfile.read(WARM)
    if not settings or not all(
        ports.answers(int(settings[name].rsplit(":", 1)[1].split("/")[0]))
        for name in ("TEST_DATABASE_SUPERUSER_URL", "TEST_REDIS_URL")
    ):
        return None
    return {name: value for name, value in settings.items() if not name.startswith("STACK_")}


def new_folder() -> Path:
    """A folder for servers that are thrown away, in memory where there is room, which their account gets
    into.
    """
    folder = Path(tempfile.mkdtemp(prefix="pantry-test-", dir=MEMORY if _has_room() else None))
    folder.chmod(0o711)
    return folder


def _has_room() -> bool:
    try:
        free = shutil.disk_usage(MEMORY).free
        facts = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    except OSError:
        return False
    in_memory = int(facts["MemAvailable"].split()[0]) << 10
    return min(free, in_memory) >= ROOM and os.access(MEMORY, os.W_OK)


def _pair(folder: Path, home: Path | None = None) -> tuple[Cluster, Valkey]:
    cluster = Cluster(
        folder=(home or folder) / "postgres",
        port=ports.free(),
        superuser_password=secrets.token_hex(16),
        careless=True,
        passwords=postgres.new_passwords(for_tests=True),
    )
    return cluster, Valkey(folder / "valkey", ports.free(), secrets.token_hex(16), careless=True)


def _bring_up(cluster: Cluster, started: list[processes.Server]) -> None:
    postgres.create(cluster)
    for server in started:
        server.start()
    for server in started:
        server.wait_until_ready()
    postgres.set_up(cluster)


def _settings(cluster: Cluster, bell: Valkey) -> dict[str, str]:
    urls = {f"TEST_DATABASE_{login.upper()}_URL": cluster.url(login) for login in postgres.LOGINS}
    return urls | {
        "TEST_DATABASE_SUPERUSER_URL": cluster.url("superuser", "postgres"),
        "TEST_REDIS_URL": bell.url,
        "TEST_RUN_ID": _run_id(),
        "TEST_POSTGRES_PROGRAMS": str(postgres.programs()),
        "PANTRY_ENV": "test",
    }


def _run_id() -> str:
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(8))


def _browser() -> dict[str, str]:
    found = browser.find()
    return (
        {} if found is None else {"CHROMIUM": str(found.program), "CHROMIUM_ARGS": " ".join(found.arguments)}
    )


@contextlib.contextmanager
def _passing_on_interrupts() -> Iterator[None]:
    """A Ctrl-C goes to the program we wait for as well; it ends in its own way, and we after it."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
