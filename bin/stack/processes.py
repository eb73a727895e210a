"""Starting, watching and stopping the servers of a stack.

Every server is a direct child in a session of its own, so a Ctrl-C in the terminal reaches only the command
that started it, which then stops the servers in order. On Linux each server also asks the kernel to be
stopped when that command dies, so that even a kill -9 of it leaves nothing behind. (The kernel ties this to
the thread that started the server: start servers from the main thread only.)
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stack.accounts import RunAs
from stack.steps import StepFailed, say

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


@dataclass
class Server:
    """One long-running program of the stack and how to handle it."""

    name: str
    command: Sequence[str | Path]
    log: Path
    environment: Mapping[str, str]
    is_ready: Callable[[], bool]
    folder: Path = Path("/")
    run_as: RunAs = field(default_factory=RunAs)
    stop_signal: int = signal.SIGTERM
    seconds_to_start: float = 60
    seconds_to_stop: float = 10
    keep_open: tuple[int, ...] = ()
    dies_with_us: bool = True
    keeps_work: bool = False
    was_asked_to_stop: bool = False
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0
    deaths_in_a_row: int = 0
    restart_at: float | None = None

    def start(self) -> None:
        """Start the program; its output goes to the end of its log file."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in self.command],
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self.keep_open,
                preexec_fn=_dying_with_us(self.stop_signal) if self.dies_with_us else None,
                **self.run_as,
            )
        self.started_at = time.monotonic()
        self.restart_at = None
        self.was_asked_to_stop = False

    @property
    def pid(self) -> int:
        """The process id of the running program."""
        if self.process is None:
            raise RuntimeError(f"{self.name} is not running")
        return self.process.pid

    def wait_until_ready(self) -> None:
        """Return when the server answers. Raises StepFailed when it ends or stays silent."""
        while not self.is_ready():
            if self.process is None or self.process.poll() is not None:
                code = self.process.returncode if self.process else "?"
                raise StepFailed(f"{self.name} ended with code {code}.", log=self.log, way_out=TELLS)
            if time.monotonic() - self.started_at > self.seconds_to_start:
                raise StepFailed(
                    f"{self.name} did not answer within {self.seconds_to_start:.0f} s.",
                    log=self.log,
                    way_out=TELLS,
                )
            time.sleep(0.05)

    def ask_to_stop(self) -> None:
        """Ask the program to stop, once (a second request makes some hurry), without waiting for it."""
        if self.process is not None and self.process.poll() is None and not self.was_asked_to_stop:
            self.process.send_signal(self.stop_signal)
            self.was_asked_to_stop = True

    def stop(self) -> None:
        """Ask the program to stop, wait, and kill it with its children if it does not."""
        process = self.process
        if process is None:
            return
        self.ask_to_stop()
        try:
            process.wait(self.seconds_to_stop)
        except subprocess.TimeoutExpired:
            say(f"         {self.name} did not stop within {self.seconds_to_stop:.0f} s and was killed")
        # Whatever is left of its session, also when it had died before by itself.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.process = None


TELLS = "the lines above come from its log and tell the cause; when it is mended, start again."


def run(command: Sequence[str | Path], *, folder: Path, environment: Mapping[str, str], log: Path) -> int:
    """Run a program to its end, its output at the end of the log; returns its exit code.

    It, too, is ended when we die.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_dying_with_us(signal.SIGTERM),
        )
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise


def watch(servers: Sequence[Server]) -> None:
    """Start again every server that has died, after a pause that doubles each time up to half a minute.

    To be called a few times a second; returns at once.
    """
    now = time.monotonic()
    for server in servers:
        if server.restart_at is not None:
            if now >= server.restart_at:
                server.start()
                say(f"         {server.name} started again")
        elif server.process is not None and server.process.poll() is not None:
            code = server.process.returncode
            if now - server.started_at > 60:
                server.deaths_in_a_row = 0
            pause = min(30, 2**server.deaths_in_a_row)
            server.deaths_in_a_row += 1
            server.stop()
            server.restart_at = now + pause
            say(f"         {server.name} ended with code {code} and starts again in {pause} s; {server.log}")


def stop_all(servers: Sequence[Server]) -> None:
    """Stop the servers: first, all together, those that do work, then in turn the places it is kept in.

    Work that is half done can still be written down; nothing new is begun meanwhile.
    """
    workers = [server for server in servers if not server.keeps_work]
    for server in workers:
        server.ask_to_stop()
    for server in workers:
        server.stop()
    for server in reversed(servers):
        server.stop()


def _dying_with_us(stop_signal: int) -> Callable[[], None] | None:
    if _LIBC is None:
        return None
    parent = os.getpid()

    def ask_the_kernel() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, stop_signal)
        if os.getppid() != parent:  # it died between the fork and the line above
            os._exit(1)

    return ask_the_kernel
