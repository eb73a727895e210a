"""Rows that tests begin with, by hand: what a test does not say has a sensible value, and only that."""

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from flask_security import hash_password

from crm.db import db
from crm.enums import InteractionType, OpportunityStage, Role, SampleStatus
from crm.models import (
    ActivityGoal,
    Contact,
    Interaction,
    InteractionPrincipal,
    Opportunity,
    OpportunityPrincipal,
    OpportunityProduct,
    Organization,
    Product,
    Sample,
    SavedView,
    User,
)
from crm.models.base import Model

PASSWORD: Final = "pantry-shelf-7"
"""What everybody in the tests signs in with."""

T = TypeVar("T", bound=Model)


@cache
def hashed_password() -> str:
    """Made once: hashing is slow on purpose."""
    return str(hash_password(PASSWORD))


_TAKE = "select set_config('app.user_id', %s, true), set_config('role', %s, true)"
# Who was before is asked on the way, for tests do this for each of their rows.
_TAKE_AND_ASK = (
    f"{_TAKE}, was.* from (select coalesce(current_setting('app.user_id', true), ''), current_user::text"
    " offset 0) was"
)


def _take(connection: sa.Connection, role: str, user_id: int | None = None) -> tuple[str, str]:
    """Be `role` and that person from now on; the person and the role of before."""
    given = ("" if user_id is None else str(user_id), role)
    _, _, person, before = connection.exec_driver_sql(_TAKE_AND_ASK, given).one()
    return person, before


@contextmanager
def as_role(connection: sa.Connection, role: str, user_id: int | None = None) -> Iterator[None]:
    """Be `role` and that person inside the block, and afterwards whoever was before.

    A block that fails is undone, and the role with it.
    """
    with connection.begin_nested():
        before = _take(connection, role, user_id)
        yield
        connection.exec_driver_sql(_TAKE, before)


class Make:
    """Makes rows as kp_owner on the connection of the test, and hands them out in its session.

    Every factory takes any column of its model by name beside the arguments it spells out.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self._numbers = itertools.count(1)

    def user(
        self,
        full_name: str | None = None,
        *,
        role: Role | str = Role.REP,
        manager: User | None = None,
        **columns: Any,
    ) -> User:
        """A person who signs in with `PASSWORD`."""
        number = next(self._numbers)
        return self._save(
            User(
                full_name=full_name or f"Person {number}",
                role=Role(role),
                manager_id=manager and manager.user_id,
                **{
                    "email": f"person{number}@pantry.example",
                    "password": hashed_password(),
                    "fs_uniquifier": f"person-{number}",
                    "time_zone": "America/Chicago",
                    "active": True,
                    "has_single_keys": True,
                }
                | columns,
            )
        )

    def saved_view(self, user: User, list_name: str, *, query: str, **columns: Any) -> SavedView:
        """A view of a list that a person keeps; `query` as an address has it."""
        values = {"name": f"View {next(self._numbers)}"} | columns
        return self._save(SavedView(user_id=user.user_id, list_name=list_name, query=query, **values))

    def organization(
        self, name: str | None = None, *, owner: User | None = None, **columns: Any
    ) -> Organization:
        """An operator, unless `is_principal` or `is_distributor` say otherwise."""
        return self._save(
            Organization(
                name=name or f"Organization {next(self._numbers)}",
                **{"owner_id": owner and owner.user_id} | columns,
            )
        )

    def principal(self, name: str | None = None, **columns: Any) -> Organization:
        """A food maker."""
        return self.organization(name or f"Principal {next(self._numbers)}", is_principal=True, **columns)

    def distributor(self, name: str | None = None, **columns: Any) -> Organization:
        return self.organization(name or f"Distributor {next(self._numbers)}", is_distributor=True, **columns)

    def contact(
        self,
        first_name: str = "Dana",
        last_name: str | None = None,
        *,
        organization: Organization | None = None,
        **columns: Any,
    ) -> Contact:
        """Somebody at an organization of their own, unless one is given."""
        at = organization or self.organization()
        last_name = f"Contact{next(self._numbers)}" if last_name is None else last_name
        return self._save(
            Contact(first_name=first_name, last_name=last_name, organization_id=at.organization_id, **columns)
        )

    def product(
        self, name: str | None = None, *, principal: Organization | None = None, **columns: Any
    ) -> Product:
        of = principal or self.principal()
        return self._save(
            Product(name=name or f"Product {next(self._numbers)}", principal_id=of.organization_id, **columns)
        )

    def opportunity(
        self,
        name: str | None = None,
        *,
        organization: Organization | None = None,
        stage: OpportunityStage | str = OpportunityStage.NEW_LEAD,
        principals: Iterable[Organization] = (),
        products: Iterable[Product] = (),
        owner: User | None = None,
        **columns: Any,
    ) -> Opportunity:
        """An opportunity; `principals` are chosen by hand, those of `products` are derived.

        A closed stage gets a moment and a reason unless they are given.
        """
        stage = OpportunityStage(stage)
        closed = {"closed_at": datetime.now(UTC), "close_reason": "Not recorded"} if stage.is_closed else {}
        at = organization or self.organization()
        opportunity = self._save(
            Opportunity(
                name=name or f"Opportunity {next(self._numbers)}",
                organization_id=at.organization_id,
                stage=stage,
                **{"owner_id": owner and owner.user_id} | closed | columns,
            )
        )
        key = opportunity.opportunity_id
        links: list[Model] = [
            OpportunityPrincipal(opportunity_id=key, principal_id=principal.organization_id, is_derived=False)
            for principal in principals
        ]
        links += [
            OpportunityProduct(opportunity_id=key, product_id=product.product_id) for product in products
        ]
        self._save_all(links)
        return opportunity

    def interaction(
        self,
        *,
        opportunity: Opportunity | None = None,
        contact: Contact | None = None,
        organization: Organization | None = None,
        principals: Iterable[Organization] = (),
        on: datetime | None = None,
        interaction_type: InteractionType | str = InteractionType.PHONE_CALL,
        author: User | None = None,
        follow_up_date: date | None = None,
        owner: User | None = None,
        **columns: Any,
    ) -> Interaction:
        """An interaction now, or at the moment `on`; `principals` are named on it.

        About an organization of its own when nothing is given that it could be about. With a
        `follow_up_date` it carries a promise of `owner`'s, else of `author`'s.
        """
        principals = list(principals)
        if not (opportunity or contact or organization or principals):
            organization = self.organization()
        keeper = owner or author
        interaction = self._save(
            Interaction(
                **{
                    "opportunity_id": opportunity and opportunity.opportunity_id,
                    "contact_id": contact and contact.contact_id,
                    "organization_id": organization and organization.organization_id,
                    "interaction_type": InteractionType(interaction_type),
                    "interaction_date": on or datetime.now(UTC),
                    "author_id": author and author.user_id,
                    "follow_up_required": follow_up_date is not None,
                    "follow_up_date": follow_up_date,
                    "owner_id": keeper.user_id if keeper and follow_up_date else None,
                }
                | columns
            )
        )
        self._save_all(
            InteractionPrincipal(
                interaction_id=interaction.interaction_id,
                principal_id=principal.organization_id,
                is_derived=False,
            )
            for principal in principals
        )
        return interaction

    def goal(self, principal: Organization, per_week: int, *, of: User | None = None) -> ActivityGoal:
        """The weekly goal of a principal, by all together unless it is one person's (`of`)."""
        return self._save(
            ActivityGoal(principal_id=principal.organization_id, per_week=per_week, user_id=of and of.user_id)
        )

    def sample(
        self,
        opportunity: Opportunity,
        *,
        product: Product | None = None,
        owner: User | None = None,
        **columns: Any,
    ) -> Sample:
        """A sample with an open promise of `owner`'s to ask what they think, or with a `verdict`."""
        of = product or self.product()
        promise = None
        if "verdict" not in columns:
            promise = self.interaction(
                opportunity=opportunity, owner=owner, follow_up_date=date(2099, 1, 1), is_touch=False
            )
        else:
            columns = {"status": SampleStatus.FEEDBACK, "feedback_on": date(2026, 11, 2)} | columns
        return self._save(
            Sample(
                opportunity_id=opportunity.opportunity_id,
                product_id=of.product_id,
                follow_up_id=promise and promise.interaction_id,
                **{"sent_on": date(2026, 11, 2)} | columns,
            )
        )

    def save(self, row: T) -> T:
        """Any other row, as the owner."""
        return self._save(row)

    def _save(self, row: T) -> T:
        self._save_all([row])
        return row

    def _save_all(self, rows: Iterable[Model]) -> None:
        if not (made := list(rows)):
            return
        db.session.connection()  # a session that begins takes its person's role: let it, before we take ours
        # Without the savepoint of as_role: a flush that fails undoes the session's, and the role with it.
        before = _take(self.connection, "kp_owner")
        db.session.add_all(made)
        db.session.flush()
        self.connection.exec_driver_sql(_TAKE, before)
