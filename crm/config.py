"""Every setting, once: typed, from the environment, with a safe default and the reason for it.

Floor 0: imports nothing of ours. `Settings()` refuses to start on a bad value and names the variable.
"""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Door = Literal["web", "worker", "commands"]


class BadSettings(SystemExit):
    """The environment cannot be used; the text names each variable and what is wrong with it."""


class Settings(BaseSettings):
    """The environment of one process: each field is the variable of its name in capitals. What is said below
    a field is what `bin/docs` writes into docs/operations.md.
    """

    model_config = SettingsConfigDict(env_prefix="", case_sensitive=False, extra="ignore")

    database_url: str
    """The web role's connection: owns nothing, sees business tables only after a person was named."""
    database_live_url: str | None = None
    """The web role's once more, to PostgreSQL itself: where DATABASE_URL leads to a pool by transaction, for
    live updates listen on a connection of their own.
    """
    database_worker_url: str | None = None
    """The worker role's; it may also act as the system. Falls back to DATABASE_URL for a one-role trial."""
    database_owner_url: str | None = None
    """The owner's: migrations and commands of operations. Never serves a request."""
    database_backup_url: str | None = None
    """A read-only role for dumps; without it no backup is made."""
    redis_url: str = "redis://127.0.0.1:6379/0"
    """The broker that rings bells. It may be flushed at any second; nothing of value is kept there."""
    smtp_url: str = "smtp://127.0.0.1:25"
    """smtp://, smtps:// or smtp+starttls://, with user:password@ if the server wants them."""
    mail_from: str = "KitchenPantry <pantry@pantry.example>"
    """Whom letters are from; the default is good for a demo only."""
    mail_journal: Path | None = None
    """A file outside the database that names every message handed over, for use after a restore."""
    secret_key: str = Field(min_length=16)
    """Signs sessions and reset links, at least 16 characters. No default: a known secret is none."""
    base_url: str = "http://127.0.0.1:8000"
    """The address that links in mails start with."""
    trusted_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Host names this app answers to beside that of BASE_URL, comma separated; empty = those of loopback."""
    trusted_proxies: int = Field(default=0, ge=0, le=9)
    """How many proxies in front write into X-Forwarded-For who asks; 0 = none, and nobody's word is taken for
    it. Behind a proxy that is not counted here all people have one address, and its limits together.
    """
    data_dir: Path = Path(".data")
    """Where files, the demo inbox and beat's schedule live; shared storage for several machines."""
    demo_password: str | None = None
    """What all accounts of a demo book sign in with; `flask demo load` refuses without it."""
    ops_token: str | None = None
    """What a machine shows that asks for `/metrics` or `/ops`; without it only admins may ask."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """From which level on the log tells: DEBUG, INFO, WARNING or ERROR."""
    firm_name: str = "KitchenPantry"
    """Stands on every page and letter; `flask db upgrade` writes it into the database."""
    firm_timezone: str = "America/Chicago"
    """Engagement days, weeks and dashboards are told in this zone; written as the name is."""
    pantry_env: Literal["production", "demo", "test"] = "production"
    """`demo` allows the demo book, a moved clock and `/inbox`; unset means production, which does not."""
    migrate_without_backup: str = ""
    """Why `flask db upgrade` may change a book of which there is no fresh backup; empty = it may not."""
    pantry_failpoint: str = ""
    """Where a process of a test is to die (crm/failpoints.py); without PANTRY_ENV=test it means nothing."""

    @field_validator("trusted_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        return (
            tuple(host.strip() for host in value.split(",") if host.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("firm_timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is no time zone; name one like America/Chicago") from error
        return value

    @field_validator(
        "database_url",
        "database_live_url",
        "database_worker_url",
        "database_owner_url",
        "database_backup_url",
    )
    @classmethod
    def _postgres_only(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("postgresql://", "postgres://")):
            raise ValueError("must start with postgresql://")
        return value

    @model_validator(mode="after")
    def _hosts_from_base_url(self) -> "Settings":
        own = urlsplit(self.base_url).hostname or "127.0.0.1"
        self.trusted_hosts = (own, *(self.trusted_hosts or ("127.0.0.1", "localhost")))
        return self

    @property
    def is_https(self) -> bool:
        """True when people reach the app by https, so that cookies may insist on it."""
        return self.base_url.startswith("https://")

    @property
    def inbox_dir(self) -> Path | None:
        """The Maildir that the demo's mail catcher fills; None on a production server."""
        return None if self.pantry_env == "production" else self.data_dir / "inbox"

    def database_for(self, door: Door) -> str:
        """The SQLAlchemy address for the process behind `door`.

        Commands take the owner's connection if this machine has it, else the worker's: on a machine that only
        runs the worker the commands that need more say so themselves.
        """
        chosen = {
            "web": self.database_url,
            "worker": self.database_worker_url or self.database_url,
            "commands": self.database_owner_url or self.database_worker_url or self.database_url,
        }[door]
        return "postgresql+psycopg://" + chosen.split("://", 1)[1]


def load() -> Settings:
    """Read the environment; raises `BadSettings` with one line per bad variable."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            f"  {'_'.join(str(part) for part in e['loc']).upper() or 'settings'}: {e['msg']}"
            for e in error.errors()
        ]
        raise BadSettings("The settings cannot be used:\n" + "\n".join(lines)) from error
