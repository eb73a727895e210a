"""The pool of connections: what the server ended meanwhile is replaced before anybody asks it something."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.database.sessions import until
from tests.databases import Database


def pid_of(connection: sa.Connection) -> int:
    return int(connection.exec_driver_sql("select pg_backend_pid()").scalar_one())


@pytest.fixture
def engine(shared_database: Database) -> Iterator[sa.Engine]:
    made = sa.create_engine(shared_database.url("test").replace("postgresql://", "postgresql+psycopg://"))
    yield made
    made.dispose()


def test_a_connection_that_the_server_ended_is_replaced_when_it_is_needed_again(
    engine: sa.Engine, shared_database: Database
) -> None:
    with engine.connect() as one, engine.connect() as other:
        ended = {pid_of(one), pid_of(other)}
    with shared_database.connect("superuser", role=None) as superuser:
        for pid in ended:
            superuser.execute("select pg_terminate_backend(%s)", [pid])
        alive = "select count(*) from pg_stat_activity where pid = any(%s)"
        until(lambda: superuser.execute(alive, [list(ended)]).fetchone() == (0,))
    with engine.connect() as one, engine.connect() as other:
        assert not {pid_of(one), pid_of(other)} & ended


def test_a_connection_that_lives_is_kept_and_asked_nothing_before(
    engine: sa.Engine, shared_database: Database
) -> None:
    with engine.connect() as connection:
        pid = pid_of(connection)
    with shared_database.connect("superuser", role=None) as superuser:
        asked = "select query, query_start from pg_stat_activity where pid = %s"
        before = superuser.execute(asked, [pid]).fetchone()
        with engine.connect() as connection:
            assert superuser.execute(asked, [pid]).fetchone() == before
            assert pid_of(connection) == pid


def test_a_connection_keeps_more_plans_than_the_driver_would(engine: sa.Engine) -> None:
    statements = [f"select {number}" for number in range(150)]
    with engine.connect() as connection:
        for _ in range(6):  # the driver has a statement planned when it comes for the sixth time
            for statement in statements:
                connection.exec_driver_sql(statement)
        kept = connection.exec_driver_sql("select statement from pg_prepared_statements").scalars().all()
    assert set(statements) <= set(kept)
