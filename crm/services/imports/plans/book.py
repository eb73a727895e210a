"""The organizations of the book as planners see them, and what is asked about texts that mean nobody."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.models import Organization
from crm.services.imports.plans.steps import Ref, Step


@dataclass(eq=False, slots=True)
class Known:
    """An organization of the book, or one that this import will make."""

    ref: Ref
    name: str
    city: str = ""
    is_distributor: bool = False
    is_principal: bool = False
    is_archived: bool = False
    owners: tuple[int | None, ...] = ()
    version: int | None = None
    is_account: bool = True
    """False for one that another sheet only names."""
    mark: Step | None = None
    """The step that marks one of the book as principal or distributor."""

    @property
    def choice(self) -> str:
        """How an answer names it."""
        return str(self.ref) if isinstance(self.ref, int) else f"={self.name}|{self.city}"

    @property
    def shown(self) -> str:
        return f"{self.name}, {self.city}" if self.city else self.name


@dataclass(slots=True)
class Question:
    """A text that means nobody surely: where it stands first, how often, who may be meant, and what is done
    if nobody says otherwise.
    """

    topic: str
    text: str
    sheet: str
    row: int
    proposals: list[tuple[str, str]]
    default: str
    n: int = 0

    def kept(self) -> dict[str, Any]:
        return {
            "topic": self.topic,
            "text": self.text,
            "sheet": self.sheet,
            "row": self.row,
            "proposals": self.proposals,
            "default": self.default,
            "n": self.n,
        }


def organizations() -> Iterable[Known]:
    """All of the book, archived ones too, oldest first."""
    columns = (
        Organization.organization_id,
        Organization.name,
        sa.func.coalesce(Organization.city, ""),
        Organization.is_distributor,
        Organization.is_principal,
        Organization.deleted_at.is_not(None),
        Organization.owner_id,
        Organization.second_owner_id,
        Organization.version,
    )
    rows = db.session.execute(sa.select(*columns).order_by(Organization.organization_id))
    for number, name, city, is_distributor, is_principal, is_archived, owner, second, version in rows:
        yield Known(number, name, city, is_distributor, is_principal, is_archived, (owner, second), version)
