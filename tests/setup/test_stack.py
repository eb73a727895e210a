"""bin/up for real: it starts, answers, refuses a second one, survives its own kill -9, and leaves nothing."""

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from stack import envfile

from tests.setup.waiting import wait_for

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to see what is left running"),
    pytest.mark.timeout(300),
]


class Up:
    """A bin/up without the demo book, in a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder.parent / f"{folder.name}.out"
        # Nothing but what every account has: what the set-up of a machine adds must not be needed.
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, ROOT / "bin" / "up", "--no-demo", "--data", folder],
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_up(self) -> None:
        wait_for(lambda: "Ctrl-C stops everything" in self.said or self.process.poll() is not None, 120)
        assert self.process.poll() is None, self.said

    @property
    def said(self) -> str:
        return self.output.read_text()

    @property
    def settings(self) -> dict[str, str]:
        return envfile.read(self.folder)

    def get(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", int(self.settings["STACK_WEB_PORT"]), timeout=10)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status

    def processes(self) -> dict[int, str]:
        """Everything that runs for this stack: what holds its lock, which each server inherits."""
        lock = str(self.folder / "servers.lock")
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                holds = any(str(each.readlink()) == lock for each in (process / "fd").iterdir())
                if holds:
                    found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
        return found


@pytest.fixture
def up(open_folder: Path) -> Iterator[Callable[[], Up]]:
    """`up()` starts the stack of this test, again in the same folder each time."""
    started: list[Up] = []

    def start() -> Up:
        started.append(Up(open_folder / "data"))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()


@pytest.mark.slow
def test_a_stack_lives_dies_and_lives_again(up: Callable[[], Up]) -> None:
    """One story instead of several tests: each start of the whole takes seconds."""
    first = up()
    first.wait_until_up()
    running = " ".join(first.processes().values())
    for part in (
        "postgres",
        "valkey-server",
        "aiosmtpd",
        "gunicorn",
        "celery_worker worker",
        "celery_worker beat",
    ):
        assert part in running
    # A heart looks for a broker that is gone for ever: such a worker would outlive the kill below.
    assert running.count("--without-heartbeat") == running.count("celery_worker worker")
    assert first.get("/readyz") == 200
    assert (first.folder / "env").stat().st_mode & 0o777 == 0o600
    assert (first.folder / "logs").stat().st_mode & 0o777 == 0o700

    second = up()
    assert second.process.wait(30) == 1
    assert f"a stack is running in {first.folder} already (process {first.process.pid})" in second.said
    assert first.get("/readyz") == 200, "the refused one took nothing away"

    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    # A worker whose broker is gone as well looks for it some seconds longer, the more so on a busy machine.
    wait_for(lambda: not first.processes(), 60, every=0.2)  # to look at all that runs takes a while

    third = up()
    third.wait_until_up()
    assert third.settings["SECRET_KEY"] == first.settings["SECRET_KEY"], "nobody is signed out by a crash"
    web = next(pid for pid, command in third.processes().items() if "gunicorn" in command)
    os.kill(web, signal.SIGKILL)
    wait_for(lambda: "the web server started again" in third.said, 20)

    third.process.send_signal(signal.SIGTERM)
    assert third.process.wait(40) == 0
    assert third.said.rstrip().endswith("Stopped.")
    assert not third.processes()
    assert "database system is shut down" in (third.folder / "logs" / "postgres.log").read_text()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(third.settings["DATABASE_URL"])


def test_a_data_folder_that_cannot_be_made_is_told_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    up = Up(tmp_path / "a-file")
    assert up.process.wait(30) == 1
    assert str(tmp_path / "a-file") in up.said
    assert "What to do: make that place writable" in up.said
    assert "Traceback" not in up.said
