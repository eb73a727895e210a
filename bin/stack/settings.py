"""What a stack is set to: from the environment, else as remembered in DIR/env, else a default.

Servers of one's own: where DATABASE_URL is set in the environment, no PostgreSQL is started, and
DATABASE_WORKER_URL and DATABASE_OWNER_URL must be set as well (roles and database: bin/stack/roles.sql).
Where REDIS_URL is set, no Valkey is started; where SMTP_URL is set, no mail catcher. On a PostgreSQL of one's
own nothing of the demo happens, unless PANTRY_ENV=demo is set, too.

Names that begin with STACK_ are for bin/up alone: remembered ports and passwords.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from stack import envfile, ports, postgres
from stack.postgres import Cluster
from stack.steps import StepFailed
from stack.valkey import Valkey

# Settings that bin/up makes itself unless the environment names them.
MADE_UNLESS_NAMED = ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "BASE_URL", "TRUSTED_HOSTS")
DATABASES = ("DATABASE_URL", "DATABASE_WORKER_URL", "DATABASE_OWNER_URL", "DATABASE_BACKUP_URL")

_NAMED = "STACK_NAMED_IN_ENVIRONMENT"
_DEMO_IN = "STACK_DEMO_BOOK_IN"


@dataclass
class Settings:
    """The settings of one start, and the servers to start for it (None where the person has one)."""

    folder: Path
    values: dict[str, str]
    web_port: int
    cluster: Cluster | None
    valkey: Valkey | None
    smtp_port: int | None
    remembered: dict[str, str] = field(default_factory=dict)

    @property
    def wants_demo(self) -> bool:
        """Whether this stack may hold the demo book."""
        return self.values["PANTRY_ENV"] == "demo"

    @property
    def has_demo(self) -> bool:
        """Whether the demo book was loaded into this very database before."""
        return self.remembered.get(_DEMO_IN) == self._database()

    def demo_was_loaded(self) -> None:
        """Remember it, for good."""
        self.remembered[_DEMO_IN] = self._database()
        self.write()

    def _database(self) -> str:
        return str(self.cluster.folder) if self.cluster else self.values["DATABASE_URL"].rpartition("@")[2]

    def write(self) -> None:
        """Keep everything in DIR/env."""
        envfile.write(self.folder, self.values | self._programs() | self.remembered)

    def _programs(self) -> dict[str, str]:
        """Where the programs of our own server are: those on the PATH may be older."""
        return {"POSTGRES_PROGRAMS": str(postgres.programs())} if self.cluster else {}

    def for_commands(self) -> dict[str, str]:
        """The environment of a command of operations: everything. What it prints is in its log at once."""
        return os.environ | {"PYTHONUNBUFFERED": "1"} | self.values | self._programs()

    def for_web(self) -> dict[str, str]:
        """The environment of the web server: whoever breaks into it finds no other role's password."""
        return _without(self.for_commands(), DATABASES[1:])

    def for_worker(self) -> dict[str, str]:
        """The environment of worker and beat: their own role's database, not the owner's."""
        its_own = {"DATABASE_URL": self.values["DATABASE_WORKER_URL"]}
        return _without(self.for_commands(), ("DATABASE_OWNER_URL", "DATABASE_LIVE_URL")) | its_own

    def for_strangers(self) -> dict[str, str]:
        """The environment of a program that is not ours and needs none of our settings."""
        return _without(self.for_commands(), tuple(self.values))


def _without(environment: Mapping[str, str], hidden: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in hidden}


def decide(folder: Path, *, port: int | None) -> Settings:
    """The settings of a start in this folder, as remembered or new; nothing is written yet.

    Raises StepFailed when the wished port is taken, or a PostgreSQL of one's own is only half named.
    """
    known = envfile.read(folder)
    own = _named(known)
    remembered = {name: value for name, value in known.items() if name.startswith("STACK_")}
    remembered[_NAMED] = " ".join(own)

    web_port = _web_port(port, known)
    remembered["STACK_WEB_PORT"] = str(web_port)
    cluster = None if "DATABASE_URL" in own else _cluster(folder, remembered)
    valkey = None if "REDIS_URL" in own else _valkey(folder, remembered)
    smtp_port = None if "SMTP_URL" in own else _port("STACK_SMTP_PORT", remembered)

    values = _values(folder, known, own, web_port)
    if cluster:
        values |= {
            name: cluster.url(login)
            for name, login in zip(DATABASES, ("web", "worker", "owner", "backup"), strict=True)
        }
    if valkey:
        values["REDIS_URL"] = valkey.url
    if smtp_port:
        values["SMTP_URL"] = f"smtp://127.0.0.1:{smtp_port}"
    return Settings(folder, values, web_port, cluster, valkey, smtp_port, remembered)


def _named(known: Mapping[str, str]) -> dict[str, str]:
    """What the environment names of these; a value read into it from this very DIR/env does not count."""
    named_before = known.get(_NAMED, "").split()
    own = {
        name: value
        for name in MADE_UNLESS_NAMED
        if (value := os.environ.get(name)) and (value != known.get(name) or name in named_before)
    }
    if "DATABASE_URL" in own:
        missing = [name for name in DATABASES[1:3] if not os.environ.get(name)]
        if missing:
            raise StepFailed(
                f"DATABASE_URL is set, and {' and '.join(missing)} is not.",
                way_out="name the roles kp_worker and kp_owner of the same database there, or unset "
                "DATABASE_URL to let bin/up start a PostgreSQL of its own. The roles are made by "
                "bin/stack/roles.sql.",
            )
        own |= {name: os.environ[name] for name in DATABASES if os.environ.get(name)}
    return own


def _values(folder: Path, known: Mapping[str, str], own: Mapping[str, str], web_port: int) -> dict[str, str]:
    def value(name: str, default: str) -> str:
        return os.environ.get(name) or known.get(name) or default

    firm = value("FIRM_NAME", "Fernhollow Brokerage")
    base_url = own.get("BASE_URL", f"http://127.0.0.1:{web_port}")
    hosts = dict.fromkeys([urlsplit(base_url).hostname or "127.0.0.1", "127.0.0.1", "localhost"])
    return {
        **own,
        "SECRET_KEY": value("SECRET_KEY", secrets.token_urlsafe(48)),
        "OPS_TOKEN": value("OPS_TOKEN", secrets.token_urlsafe(24)),
        # A book that is loaded keeps the password it was loaded with.
        "DEMO_PASSWORD": known.get("DEMO_PASSWORD", "")
        if _DEMO_IN in known
        else value("DEMO_PASSWORD", _password()),
        "BASE_URL": base_url,
        "TRUSTED_HOSTS": own.get("TRUSTED_HOSTS", ",".join(hosts)),
        "DATA_DIR": str(folder),
        "MAIL_FROM": value("MAIL_FROM", f"{firm} <pantry@pantry.example>"),
        "MAIL_JOURNAL": value("MAIL_JOURNAL", str(folder / "mail-journal")),
        "LOG_LEVEL": value("LOG_LEVEL", "INFO"),
        "FIRM_NAME": firm,
        "FIRM_TIMEZONE": value("FIRM_TIMEZONE", "America/Chicago"),
        "PANTRY_ENV": os.environ.get("PANTRY_ENV") or ("production" if "DATABASE_URL" in own else "demo"),
    }


def _web_port(wished: int | None, known: Mapping[str, str]) -> int:
    if wished is None:
        return ports.free(int(known.get("STACK_WEB_PORT", 8000)))
    if not ports.is_free(wished):
        raise StepFailed(
            f"port {wished} is taken by another program.",
            way_out="choose another one with --port, or leave --port out to get a free one.",
        )
    return wished


def _port(name: str, remembered: dict[str, str]) -> int:
    """The remembered port, or another one when a stranger has taken it meanwhile."""
    port = ports.free(int(remembered.get(name, 0)) or None)
    remembered[name] = str(port)
    return port


def _cluster(folder: Path, remembered: dict[str, str]) -> Cluster:
    passwords = {
        login: remembered.setdefault(f"STACK_POSTGRES_{login.upper()}_PASSWORD", new)
        for login, new in {**postgres.new_passwords(), "superuser": secrets.token_hex(16)}.items()
    }
    return Cluster(
        folder=postgres.place_for(folder / "postgres"),
        port=_port("STACK_POSTGRES_PORT", remembered),
        superuser_password=passwords.pop("superuser"),
        passwords=passwords,
    )


def _valkey(folder: Path, remembered: dict[str, str]) -> Valkey:
    password = remembered.setdefault("STACK_VALKEY_PASSWORD", secrets.token_hex(16))
    return Valkey(folder / "valkey", _port("STACK_VALKEY_PORT", remembered), password)


def _password() -> str:
    """Random, and easy to type on a phone: no letters that look alike."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))
