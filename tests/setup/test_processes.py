"""Servers that die, that will not stop, and whose starter is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from stack import processes
from stack.processes import Server

from tests.setup.waiting import wait_for

BIN = Path(__file__).parents[2] / "bin"


def shell(script: str, log: Path, **more: object) -> Server:
    """A server that is this shell script; it is ready once it has written a line."""
    return Server(
        name=log.stem,
        command=["/bin/sh", "-c", script],
        log=log,
        environment={"PATH": os.defpath},
        is_ready=lambda: log.exists() and log.stat().st_size > 0,
        **more,  # type: ignore[arg-type]
    )


def is_running(pid: int) -> bool:
    """Whether the process does anything; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_stopping_leaves_no_child_of_a_server(tmp_path: Path) -> None:
    server = shell("sleep 60 & echo $!; wait", tmp_path / "server.log")
    server.start()
    server.wait_until_ready()
    child = int(server.log.read_text())
    assert is_running(child)
    server.stop()
    wait_for(lambda: not is_running(child))


def test_a_server_that_will_not_stop_is_killed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = shell(
        "trap '' TERM; echo up; while :; do sleep 1; done", tmp_path / "deaf.log", seconds_to_stop=0.2
    )
    server.start()
    server.wait_until_ready()
    pid = server.pid
    server.stop()
    assert not is_running(pid)
    assert "deaf did not stop within 0 s and was killed" in capsys.readouterr().out


def test_work_ends_before_the_places_it_is_kept_in(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    script = "trap 'echo NAME >> {diary}; exit' TERM; echo up; while :; do sleep 0.01; done"
    servers = [
        shell(script.format(diary=diary).replace("NAME", name), tmp_path / f"{name}.log", keeps_work=keeps)
        for name, keeps in (("database", True), ("broker", True), ("web", False))
    ]
    for server in servers:
        server.start()
        server.wait_until_ready()
    processes.stop_all(servers)
    assert diary.read_text().split() == ["web", "broker", "database"]


def test_a_server_that_dies_is_started_again_after_growing_pauses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    server = shell("echo up; exec sleep 60", tmp_path / "server.log")
    server.start()
    try:
        pauses = []
        for _ in range(7):
            assert server.process is not None
            server.process.kill()
            server.process.wait()
            processes.watch([server])
            begun = now
            while server.process is None:
                now += 1
                processes.watch([server])
            pauses.append(now - begun)
        assert pauses == [1, 2, 4, 8, 16, 30, 30]

        now += 61  # it has been well for a minute
        server.process.kill()
        server.process.wait()
        processes.watch([server])
        assert server.restart_at == now + 1
    finally:
        server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_a_starter_that_is_killed_takes_its_servers_along(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    starter = f"""
import sys, time
from pathlib import Path
sys.path.insert(0, {str(BIN)!r})
from stack.processes import Server
server = Server("x", ["/bin/sh", "-c", "echo $$; exec sleep 60"], Path({str(log)!r}), {{}}, lambda: True)
server.start()
time.sleep(60)
"""
    running = subprocess.Popen([sys.executable, "-c", starter])
    try:
        wait_for(lambda: log.exists() and log.stat().st_size > 0)
        server = int(log.read_text())
        assert is_running(server)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    wait_for(lambda: not is_running(server))


def test_a_command_of_one_step_is_ended_when_the_step_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Interrupted(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)  # type: ignore[call-overload]
            started.append(self)
            self.was_waited_for = False

        def wait(self, timeout: float | None = None) -> int:
            if not self.was_waited_for:
                self.was_waited_for = True
                raise KeyboardInterrupt
            return super().wait(timeout)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        processes.run(["/bin/sleep", "60"], folder=tmp_path, environment={}, log=tmp_path / "step.log")
    assert not is_running(started[0].pid)
