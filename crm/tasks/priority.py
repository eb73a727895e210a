"""What a niced worker asks of the database is niced as well, where both are on the same machine.

A process of PostgreSQL has the priority of the server, whoever asks it. So the statements of a worker, which
are most of its work, went before pages that people wait for, although the worker was started with `nice`.

On Linux `nice` counts among the processes of one session only, where sessions are weighed against each other
(sched_autogroup); each process of PostgreSQL and each service is a session of its own. So the session is told
as well. Where control groups share out the processor, as for services of systemd and containers, their weight
counts instead (docs/deploy/, docker-compose.yml).
"""

import os
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any


def lower_session() -> None:
    """Let the session of a worker be as nice as the worker, if it is the worker's own."""
    _set_own_session(os.nice(0))


def raise_session() -> None:
    """Let it be as important as others again: whoever was told to stop is waited for."""
    _set_own_session(0)


def _set_own_session(niceness: int) -> None:
    if os.nice(0) > 0 and os.getsid(0) in (os.getpid(), os.getppid()):
        _set_session_of(os.getpid(), niceness)


def share(connection: Any, _record: Any = None) -> None:
    """Give the server's process behind a new psycopg connection the priority of this one, if that is lower.

    Left as it is where the server is on another machine or out of sight, and where its account is another one
    and this one is not root's.
    """
    niceness, served_by = os.nice(0), connection.info.backend_pid
    if niceness > 0 and _is_here(connection):
        with suppress(PermissionError, ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, served_by, niceness)
            if os.getsid(served_by) == served_by:
                _set_session_of(served_by, niceness)


def _set_session_of(process: int, niceness: int) -> None:
    for _ in range(3):
        # Gone, somebody else's, or a kernel that does not know of it.
        with suppress(OSError):
            try:
                Path(f"/proc/{process}/autogroup").write_text(str(niceness))
            except BlockingIOError:  # root may ask at any time, others ten times a second
                time.sleep(0.11)
                continue
        return


def _is_here(connection: Any) -> bool:
    """Whether the process of that number on this machine says that it serves this very connection."""
    info = connection.info
    try:
        title = Path(f"/proc/{info.backend_pid}/cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return False
    return title.startswith(f"postgres: {info.user} {info.dbname} ") and _line(connection) in title


def _line(connection: Any) -> str:
    """How PostgreSQL's title of a process names the other end of its line."""
    host = connection.info.host
    if host.startswith(("/", "@")):
        return "[local]"
    # The handle is the driver's: a copy of it may be closed.
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        return f"({line.getsockname()[1]})"
