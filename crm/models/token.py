"""Tokens: how scripts, services and calendars come in."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm.enums import TokenKind
from crm.models.base import Id, Model


class ApiToken(Model):
    """A secret by which somebody comes in as `user_id` without the sign-in page. Only its hash is kept, and
    its first signs, by which people tell it from others.
    """

    __tablename__ = "api_tokens"

    api_token_id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.user_id"))
    kind: Mapped[TokenKind] = mapped_column(server_default=TokenKind.PERSONAL.value)
    name: Mapped[str]
    prefix: Mapped[str]
    secret_sha256: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text), server_default="{}")
    """What it opens: `read`, `write` (which includes reading), or the same of one noun: `contacts:write`."""
    made_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.user_id"))
    """None = a command made it."""
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())
    last_used_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    """To the minute."""
    expires_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))

    __table_args__ = (
        sa.CheckConstraint("btrim(name) <> ''", name="name"),
        sa.CheckConstraint("secret_sha256 ~ '^[0-9a-f]{64}$'", name="secret_sha256"),
        sa.CheckConstraint("array_position(scopes, null) is null", name="scopes"),
        sa.Index("ix_api_tokens_user_id", "user_id", "api_token_id"),
        sa.Index("ix_api_tokens_made_by", "made_by"),
    )

    def opens(self, noun: str, *, writes: bool) -> bool:
        """Whether it is good for reading that noun, or for changing it."""
        scopes = {"write", f"{noun}:write"} | (set() if writes else {"read", f"{noun}:read"})
        return bool(scopes & set(self.scopes))
