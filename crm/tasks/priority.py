"""What a niced worker asks of the database is niced as well, where both are on the same machine.

A process of PostgreSQL has the priority of the server, whoever asks it. So the statements of a worker, which
are most of its work, went before pages that people wait for, although the worker was started with `nice`.
"""

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any


def share(connection: Any, _record: Any = None) -> None:
    """Give the server's process behind a new psycopg connection the priority of this one, if that is lower.

    Left as it is where the server is on another machine or out of sight, and where its account is another one
    and this one is not root's.
    """
    niceness = os.nice(0)
    if niceness > 0 and _is_here(connection):
        with suppress(PermissionError, ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, connection.info.backend_pid, niceness)


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
