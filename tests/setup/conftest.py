"""Fixtures for the set-up itself: a PostgreSQL cluster of its own, because these tests change its roles."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from stack import ports, postgres, trial
from stack.postgres import Cluster


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A folder that the account of PostgreSQL gets into. pytest's own are closed to all others, and root
    runs PostgreSQL as somebody else."""
    folder = trial.new_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def cluster(open_folder: Path) -> Iterator[Cluster]:
    """A running cluster with roles and database, set up once."""
    made = Cluster(
        folder=open_folder / "postgres",
        port=ports.free(),
        superuser_password="for this test",
        careless=True,
        passwords=postgres.new_passwords(for_tests=True),
    )
    postgres.create(made)
    server = made.server(open_folder / "postgres.log")
    server.start()
    try:
        server.wait_until_ready()
        postgres.set_up(made)
        yield made
    finally:
        server.stop()
