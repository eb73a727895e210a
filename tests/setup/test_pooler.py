"""PgBouncer before the database, with the file of docs/deploy: what it passes on and what it cannot.

Where PgBouncer is not installed, its file is read and nothing is started.
"""

import asyncio
import configparser
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from stack import accounts, ports, postgres
from stack.postgres import Cluster
from stack.processes import Server

from crm.db import db
from crm.live import Live

CONF = Path(__file__).parents[2] / "docs" / "deploy" / "pgbouncer"
LOGINS = ("web", "worker")
PROGRAM = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
installed = pytest.mark.skipif(PROGRAM is None, reason="PgBouncer is not installed here")
KEPT_STATEMENTS = "max_prepared_statements"


def limits() -> dict[str, str]:
    """What each connection of web and workers asks for when it begins."""
    options = db._engine_options["connect_args"]["options"]
    return dict(re.findall(r"-c (\w+)=(\w+)", options))


def asked(connection: psycopg.Connection, names: dict[str, str]) -> dict[str, str]:
    """The same settings as they are on this connection, in the units of the request."""
    question = "select name, setting from pg_settings where lower(name) = any(%s)"
    return {name.lower(): value for name, value in connection.execute(question, [list(names)]).fetchall()}


@contextmanager
def pooled(cluster: Cluster, folder: Path, mode: str) -> Iterator[Cluster]:
    """The cluster as it is seen through a PgBouncer that pools by this mode."""
    through = replace(cluster, port=ports.free())
    text = (CONF / "pgbouncer.ini").read_text()
    text = text.replace("host=db.example port=5432", f"host=127.0.0.1 port={cluster.port}")
    text = text.replace("listen_port = 6432", f"listen_port = {through.port}\nunix_socket_dir =")
    text = text.replace("/etc/pgbouncer", str(folder)).replace(
        "pool_mode = transaction", f"pool_mode = {mode}"
    )
    if not keeps_statements():
        text = "\n".join(line for line in text.splitlines() if not line.startswith(KEPT_STATEMENTS))
    (folder / "pgbouncer.ini").write_text(text)
    users = "".join(f'"kp_{login}" "{cluster.passwords[login]}"\n' for login in LOGINS)
    (folder / "userlist.txt").write_text(users)
    server = Server(
        name="PgBouncer",
        command=[PROGRAM or "", folder / "pgbouncer.ini"],
        log=folder / "pgbouncer.log",
        environment={"PATH": os.defpath},
        is_ready=lambda: ports.answers(through.port),
        run_as=accounts.for_servers(),
    )
    server.start()
    try:
        server.wait_until_ready()
        yield through
    finally:
        server.stop()


def keeps_statements() -> bool:
    """Whether this PgBouncer can pass on statements that a driver keeps, as it can from 1.21 on."""
    said = subprocess.run([PROGRAM or "", "--version"], text=True, capture_output=True).stdout
    found = re.search(r"(\d+)\.(\d+)", said)
    return found is not None and (int(found[1]), int(found[2])) >= (1, 21)


@pytest.fixture
def folder(open_folder: Path, request: pytest.FixtureRequest) -> Path:
    made = open_folder / f"pooler-{abs(hash(request.node.name))}"
    made.mkdir()
    return made


def test_pages_and_workers_go_through_the_pooler_and_nobody_else() -> None:
    users = re.findall(r'^"(\w+)" "CHANGE"$', (CONF / "userlist.txt").read_text(), re.MULTILINE)
    assert users == [f"kp_{login}" for login in LOGINS]
    conf = configparser.ConfigParser(comment_prefixes=(";",))
    conf.read(CONF / "pgbouncer.ini")
    assert list(conf["databases"]) == [postgres.DATABASE]
    assert conf["pgbouncer"]["ignore_startup_parameters"] == "options"


@pytest.mark.parametrize("login", LOGINS)
def test_the_limits_of_a_connection_are_those_of_its_login_too(cluster: Cluster, login: str) -> None:
    """For a pooler does not pass on what a connection asks for."""
    assert len(limits()) == 3
    with psycopg.connect(cluster.url(login)) as connection:
        assert asked(connection, limits()) == limits()


@installed
@pytest.mark.parametrize("mode", ["session", "transaction"])
@pytest.mark.parametrize("login", LOGINS)
def test_the_limits_hold_behind_a_pooler(cluster: Cluster, folder: Path, mode: str, login: str) -> None:
    wanted = db._engine_options["connect_args"]
    with (
        pooled(cluster, folder, mode) as through,
        psycopg.connect(through.url(login), **wanted) as connection,
    ):
        assert asked(connection, limits()) == limits()


@installed
def test_statements_that_are_asked_often_work_by_transaction(cluster: Cluster, folder: Path) -> None:
    if not keeps_statements():
        pytest.skip("this PgBouncer is older than 1.21")
    with (
        pooled(cluster, folder, "transaction") as through,
        psycopg.connect(through.url("web")) as one,
        psycopg.connect(through.url("web")) as other,
    ):
        for number in range(20):
            for connection in (one, other):
                with connection.transaction():
                    assert connection.execute("select %s::int", [number]).fetchone() == (number,)


@installed
@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_live_updates_notice_a_pool_in_which_they_hear_nothing(
    cluster: Cluster, folder: Path, mode: str
) -> None:
    with pooled(cluster, folder, mode) as through:
        assert is_shared(through.url("web")) == (mode == "transaction")


def test_live_updates_have_postgres_itself_for_their_own(cluster: Cluster) -> None:
    assert not is_shared(cluster.url("web"))


def is_shared(address: str) -> bool:
    """What the live updates of a worker say of the connection on which they would listen."""

    async def ask() -> bool:
        live = Live(Flask("nobody"), address)
        async with await psycopg.AsyncConnection.connect(live.dsn, autocommit=True) as connection:
            return await live.is_shared(connection)

    # A thread of its own, for the browser tests leave a running loop in this one.
    with ThreadPoolExecutor(1) as own:
        return own.submit(lambda: asyncio.run(ask())).result()
