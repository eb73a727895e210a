"""The database handle, the one commit of the house, and who the database thinks is acting.

The transaction rule (architecture.md §6): returning commits, raising rolls back, nobody else commits; what
must follow a commit waits for it in `after_commit`.
"""

import functools
import select
from collections.abc import Callable
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeAlias, TypeVar

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction, registry
from sqlalchemy.pool import ConnectionPoolEntry

from crm.enums import (
    AdvocacyStatus,
    AuditAction,
    AuthorizationState,
    DeliveryState,
    ImportOutcome,
    ImportState,
    InteractionType,
    JobQueue,
    JobRowState,
    JobState,
    MailKind,
    MailState,
    OpportunityStage,
    Picklist,
    Priority,
    ProductStatus,
    RecordKind,
    Role,
    SampleStatus,
    SampleVerdict,
    Sentiment,
    StockStatus,
    TokenKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

SYSTEM: Final = "system"
"""The person of the planner and the worker: not a user, a database role of its own."""

Person: TypeAlias = int | str
"""A `users.user_id`, or `SYSTEM`."""

P = ParamSpec("P")
R = TypeVar("R")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def _enum(words: type, name: str) -> sa.Enum:
    """The PostgreSQL enum type `name` with the texts (not the Python names) of `words` as its labels."""
    return sa.Enum(
        words, name=name, values_callable=lambda enum: [word.value for word in enum], create_type=False
    )


TYPES: dict[Any, Any] = {
    int: sa.BigInteger,
    str: sa.Text,
    OpportunityStage: _enum(OpportunityStage, "opportunity_stage_enum"),
    InteractionType: _enum(InteractionType, "interaction_type_enum"),
    Sentiment: _enum(Sentiment, "sentiment_enum"),
    AdvocacyStatus: _enum(AdvocacyStatus, "advocacy_status_enum"),
    Priority: _enum(Priority, "priority_enum"),
    ProductStatus: _enum(ProductStatus, "product_status_enum"),
    StockStatus: _enum(StockStatus, "stock_status_enum"),
    AuthorizationState: _enum(AuthorizationState, "authorization_state_enum"),
    SampleStatus: _enum(SampleStatus, "sample_status_enum"),
    SampleVerdict: _enum(SampleVerdict, "sample_verdict_enum"),
    RecordKind: _enum(RecordKind, "record_kind_enum"),
    Picklist: _enum(Picklist, "picklist_enum"),
    AuditAction: _enum(AuditAction, "audit_action_enum"),
    Role: _enum(Role, "role_enum"),
    MailKind: _enum(MailKind, "mail_kind_enum"),
    DeliveryState: _enum(DeliveryState, "delivery_state_enum"),
    MailState: _enum(MailState, "mail_state_enum"),
    JobState: _enum(JobState, "job_state_enum"),
    JobQueue: _enum(JobQueue, "job_queue_enum"),
    JobRowState: _enum(JobRowState, "job_row_state_enum"),
    ImportState: _enum(ImportState, "import_state_enum"),
    ImportOutcome: _enum(ImportOutcome, "import_outcome_enum"),
    TokenKind: _enum(TokenKind, "token_kind_enum"),
}


class Base(DeclarativeBase):
    """What every model is made from. Moments are `timestamptz`, keys `bigint`, texts `text`."""

    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map=TYPES,
    )
    __mapper_args__ = {"eager_defaults": True}


KEEP_ALIVE: Final = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "connect_timeout": 5,
}
"""How long nobody notices that the other end of a line is gone: a minute."""
PLANS: Final = 400
"""Statements that a connection keeps planned. Pages have more than psycopg's own hundred, and one had to go
for another; a plan takes some ten kilobytes of its PostgreSQL process.
"""
NO_SLEEPERS: Final = "-c idle_in_transaction_session_timeout=150000"
"""A process that is frozen inside of a transaction holds its locks; the server takes them away before any
lease runs out.
"""

db = SQLAlchemy(
    model_class=Base,
    disable_autonaming=True,
    engine_options={
        "pool_recycle": 1800,
        "pool_use_lifo": True,  # the last one given back has its plans and pages at hand
        "hide_parameters": True,  # else an error that is logged would quote what people wrote
        "connect_args": {
            **KEEP_ALIVE,
            "options": f"-c timezone=UTC -c statement_timeout=30000 {NO_SLEEPERS}",
        },
    },
)


@event.listens_for(sa.Pool, "connect")
def _keep_plans(connection: Any, _record: object) -> None:
    connection.prepared_max = PLANS


@event.listens_for(sa.Pool, "checkout")
def _is_still_there(connection: Any, record: ConnectionPoolEntry, _: object) -> None:
    """Let the pool replace a connection whose server has gone, before anybody asks it something.

    A server that ends a connection says so, and that lies there to be read. To look costs microseconds, where
    asking each time (`pool_pre_ping`) would be one question more for each page.
    """
    if not record.info.get("was_used"):
        record.info["was_used"] = True  # a new one may still have to read what belongs to its encryption
        return
    if connection.closed or _has_something_to_say(connection):
        raise sa.exc.InvalidatePoolError


def _has_something_to_say(connection: Any) -> bool:
    listening = select.poll()
    listening.register(connection.fileno(), select.POLLIN)
    return bool(listening.poll(0))


_ENTER = sa.text("select set_config('app.user_id', :user_id, true), set_config('role', :role, true)")


def _enter(connection: sa.Connection, person: Person) -> None:
    """Take the role of `person` for the current transaction of `connection`; it is gone when that ends."""
    is_system = person == SYSTEM
    connection.execute(
        _ENTER,
        {"user_id": "" if is_system else str(person), "role": "kp_system" if is_system else "kp_staff"},
    )


@event.listens_for(Session, "after_begin")
def _take_role(session: Session, transaction: SessionTransaction, connection: sa.Connection) -> None:
    person = session.info.get("person")
    if person is not None and not transaction.nested:
        _enter(connection, person)


def act_as(person: Person) -> None:
    """Name who is acting for the rest of this session. Raises `RuntimeError` if somebody else was named
    before.

    Without this the connection keeps its login role, which has no right on any business table.
    """
    session = db.session()
    if session.info.get("person") not in (None, person):
        raise RuntimeError("the person of a session does not change")
    session.info["person"] = person
    if session.in_transaction():
        _enter(session.connection(), person)


@contextmanager
def on_behalf_of(user_id: int) -> "Iterator[None]":
    """Inside a transaction of the system: what the block does is done with that person's rights and under
    their name. A block that fails is undone.
    """
    session = db.session()
    person = session.info["person"]
    with session.begin_nested():
        _enter(session.connection(), user_id)
        yield
        session.flush()
        _enter(session.connection(), person)


def name_in_trail(user_id: int) -> None:
    """What the system does from here to the end of its transaction is done in that person's name: the trail
    says so. Its rights stay the system's, so whoever calls asks first what the person may do.
    """
    db.session.execute(sa.text("select set_config('app.user_id', :user_id, true)"), {"user_id": str(user_id)})


@contextmanager
def apart() -> "Iterator[Session]":
    """A session of the system beside the running one, committed when the block ends: work that still reads
    says how far it has come.
    """
    session: Session = db.session.session_factory()
    session.info["person"] = SYSTEM
    try:
        with session.begin():
            yield session
    finally:
        session.close()


class _TakeBack(Exception):
    """Carries a refused answer out of the unit of work, so that leaving it rolls back."""


@contextmanager
def transaction() -> "Iterator[None]":
    """One unit of work: leaving the block commits, an exception rolls back, then waiting hooks run.

    A block inside a block belongs to the outer unit. This holds the only commit of the house.
    """
    info = db.session().info
    if info.get("in_unit"):
        yield
        return
    info["in_unit"] = True
    try:
        yield
        db.session.commit()
    except BaseException:
        info.pop("after_commit", None)
        db.session.rollback()
        raise
    finally:
        info.pop("in_unit", None)
    for hook in info.pop("after_commit", []):
        hook()


def _refuse_if(is_refused: bool) -> None:
    if is_refused:
        raise _TakeBack


def unit_of_work(function: Callable[P, R], refuses: Callable[[R], bool] | None = None) -> Callable[P, R]:
    """Wrap `function` in a `transaction`.

    `refuses` looks at the answer: True rolls back although nothing was raised (a returned 4xx or 5xx).
    """

    @functools.wraps(function)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        with suppress(_TakeBack), transaction():
            answer = function(*args, **kwargs)
            _refuse_if(refuses is not None and refuses(answer))
        return answer

    return inner


def after_commit(hook: Callable[[], object]) -> None:
    """Run `hook` once the running unit of work has committed; a rollback forgets it.

    Raises `RuntimeError` outside a unit of work: such a hook would never run.
    """
    info = db.session().info
    if not info.get("in_unit"):
        raise RuntimeError("after_commit is for use inside a unit of work")
    info.setdefault("after_commit", []).append(hook)


def database_now() -> "datetime":
    """The database's clock: the start of the running transaction, in UTC."""
    return db.session.execute(sa.select(sa.func.now())).scalar_one()
