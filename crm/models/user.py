"""The people of the firm who sign in."""

from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from flask_security.core import RoleMixin, UserMixin
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column

from crm.enums import MailKind, Role
from crm.models.base import Id, Model, Timestamps


class SignInRole(RoleMixin):
    """What Flask-Security wants to see of a role: an object with a name and permissions."""

    def __init__(self, role: Role) -> None:
        self.name = role.value
        self.permissions: list[str] = []


SERVICES: Final = "service.example"
"""The domain of the addresses that accounts of other systems have: no mail reaches it."""


class User(Timestamps, UserMixin, Model):
    """A person of the firm. `email` is how they sign in; `manager_id` says whose team they are in."""

    __tablename__ = "users"

    user_id: Mapped[Id]
    email: Mapped[str]
    full_name: Mapped[str]
    role: Mapped[Role] = mapped_column(server_default=Role.REP.value)
    manager_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"))
    time_zone: Mapped[str] = mapped_column(server_default="America/Chicago")
    active: Mapped[bool] = mapped_column(server_default=sa.true())
    has_single_keys: Mapped[bool] = mapped_column(server_default=sa.true())
    quiet_from: Mapped[int | None] = mapped_column(sa.SmallInteger)
    quiet_until: Mapped[int | None] = mapped_column(sa.SmallInteger)
    """Between these hours of their clock no planned mail reaches them; null = any hour will do."""
    password: Mapped[str | None]
    fs_uniquifier: Mapped[str]
    last_login_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))  # type: ignore[assignment]
    current_login_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))  # type: ignore[assignment]
    last_login_ip: Mapped[str | None]
    current_login_ip: Mapped[str | None]
    login_count: Mapped[int] = mapped_column(sa.Integer, server_default="0", default=0)
    two_factor_on_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    """Since when a code of their phone is asked for beside the password; null = it is not."""
    tf_totp_secret: Mapped[str | None]
    """The key that their phone shares with us, sealed with a key that is made from SECRET_KEY."""
    tf_last_counter: Mapped[int | None]
    """The step of the clock whose code counted last: no code counts twice."""
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(sa.ARRAY(sa.Text)))
    """What is left of the codes for a lost phone, each sealed and good once."""

    __table_args__ = (
        sa.Index("uq_users_email", sa.text("lower(email)"), unique=True),
        sa.UniqueConstraint("fs_uniquifier"),
        sa.CheckConstraint(
            "(quiet_from is null) = (quiet_until is null) and quiet_from between 0 and 23 "
            "and quiet_until between 0 and 23 and quiet_from <> quiet_until",
            name="quiet_hours",
        ),
        sa.CheckConstraint("(two_factor_on_at is null) = (tf_totp_secret is null)", name="two_factor"),
        sa.Index("ix_users_manager_id", "manager_id"),
    )

    @property
    def roles(self) -> list[SignInRole]:  # type: ignore[override]  # read only: there is one role, a column
        return [SignInRole(self.role)]

    @property
    def is_service(self) -> bool:
        """Whether it is the account of another system, which looks after nothing and keeps no promise."""
        return self.email.endswith(f"@{SERVICES}")

    @property
    def keeper_id(self) -> int | None:
        """Who looks after what this person makes: they themselves; nobody, where it is a system."""
        return None if self.is_service else self.user_id

    @property
    def tf_primary_method(self) -> str | None:  # type: ignore[override]  # read only: there is one way
        return "authenticator" if self.tf_totp_secret else None

    @property
    def first_name(self) -> str:
        return self.full_name.split(" ")[0]

    @property
    def initials(self) -> str:
        words = [word for word in self.full_name.split() if word[0].isalpha()]
        return "".join(word[0].upper() for word in (words[:1] + words[-1:] if len(words) > 1 else words))


class PersonAlias(Model):
    """Another spelling under which files name a person of the firm; compared in the folded form it is kept
    in.
    """

    __tablename__ = "person_aliases"

    alias: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.user_id"), index=True)


class NotificationPreference(Model):
    """Which way one kind of news reaches one person, and when if it is a letter of its own. A person without
    a row has the defaults of their role.
    """

    __tablename__ = "notification_preferences"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.user_id"), primary_key=True)
    kind: Mapped[MailKind] = mapped_column(primary_key=True)
    is_on: Mapped[bool] = mapped_column(server_default=sa.true())
    """By mail (and in the app)."""
    is_in_app: Mapped[bool] = mapped_column(server_default=sa.true(), default=True)
    """What is not mailed is shown in the app at least; false = nowhere."""
    hour: Mapped[int] = mapped_column(sa.SmallInteger, server_default="7")
    weekdays: Mapped[list[int]] = mapped_column(sa.ARRAY(sa.SmallInteger), server_default="{1,2,3,4,5}")
    """ISO days of the week, Monday = 1."""

    __table_args__ = (
        sa.CheckConstraint("hour between 0 and 23", name="hour"),
        sa.CheckConstraint("weekdays <@ '{1,2,3,4,5,6,7}'::smallint[]", name="weekdays"),
    )


class Cover(Timestamps, Model):
    """Somebody is away from one day to another, both included, and somebody else stands in: what falls due
    for them meanwhile stands in the stand-in's reminder as well.
    """

    __tablename__ = "covers"

    cover_id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.user_id"))
    stand_in_id: Mapped[int] = mapped_column(sa.ForeignKey("users.user_id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]

    __table_args__ = (
        sa.CheckConstraint("ends_on >= starts_on", name="days"),
        sa.CheckConstraint("stand_in_id <> user_id", name="stand_in"),
        sa.Index("ix_covers_user_id", "user_id", "ends_on"),
        sa.Index("ix_covers_stand_in_id", "stand_in_id", "ends_on"),
    )


class SignInAttempt(Model):
    """One failed try to sign in, counted here and not in Redis, so that the limit never fails open."""

    __tablename__ = "sign_in_attempts"

    sign_in_attempt_id: Mapped[Id]
    email: Mapped[str]
    ip: Mapped[str | None]
    attempted_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())

    __table_args__ = (sa.Index("ix_sign_in_attempts_email_attempted_at", "email", "attempted_at"),)


class RequestKey(Model):
    """The key of one rendered form and the address its post led to: a second post gets the same answer."""

    __tablename__ = "request_keys"

    request_key: Mapped[str] = mapped_column(sa.Uuid(as_uuid=False), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.user_id"))
    location: Mapped[str]
    fingerprint: Mapped[str | None]
    """What was asked under a key that a script chose itself, so that it does not stand for two things."""
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """What a script was answered: status, headers and body."""
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())

    __table_args__ = (
        sa.Index("ix_request_keys_created_at", "created_at"),
        sa.Index("ix_request_keys_user_id", "user_id"),
    )


class FirmSetting(Model):
    """The one row that tells the database the firm's name and zone; written by `flask db upgrade`."""

    __tablename__ = "firm_settings"

    is_the_one: Mapped[bool] = mapped_column(primary_key=True, server_default=sa.true())
    name: Mapped[str]
    time_zone: Mapped[str]
    mail_held_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    """Since when no mail leaves, because somebody said so; null = it leaves."""
    mail_held_because: Mapped[str | None]

    __table_args__ = (sa.CheckConstraint("is_the_one", name="one_row"),)
