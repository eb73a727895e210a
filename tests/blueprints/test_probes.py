"""The probes: alive whatever becomes of the database, ready only with the tables that this version needs."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.clients import Client
from tests.factories import as_role

NEWEST = max(path.name[:3] for path in Path("migrations/versions").glob("[0-9]*.py"))


def at_revision(database: sa.Connection, revision: str) -> None:
    with as_role(database, "kp_owner"):
        database.exec_driver_sql("update alembic_version set version_num = %s", (revision,))


def test_a_process_is_ready_with_its_tables(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ready\n")


@pytest.mark.parametrize("older", [f"{int(NEWEST) - 1:03}", "001"])
def test_on_older_tables_it_is_not_and_says_what_to_do(
    client: Client, database: sa.Connection, older: str
) -> None:
    at_revision(database, older)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert f"of {older} and have to be of {NEWEST}" in answer.text
    assert "flask db upgrade" in answer.text
    assert client.get("/healthz").status_code == 200


def test_it_serves_on_newer_ones_while_the_next_version_is_brought_in(
    client: Client, database: sa.Connection
) -> None:
    at_revision(database, f"{int(NEWEST) + 1:03}")
    assert client.get("/readyz").status_code == 200


def test_a_database_without_tables_is_told_from_a_process_that_is_dead(
    client: Client, database: sa.Connection
) -> None:
    with as_role(database, "kp_owner"):
        database.exec_driver_sql("alter table alembic_version rename to alembic_version_of_before")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "was not run" in answer.text
    assert client.get("/healthz").status_code == 200
