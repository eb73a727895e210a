"""Going back to a moment and a replica, as docs/emergencies.md says, with PostgreSQL's own programs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from stack import accounts, ports, postgres
from stack.postgres import Cluster

from tests.databases import FIRM_NAME, FIRM_TIMEZONE, ROOT, SECRET_KEY
from tests.setup.waiting import wait_for

CONF = ROOT / "docs" / "deploy" / "postgresql"
SLOW = 60
HOW = ("--checkpoint=fast",)

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


def settings_of(name: str, archive: Path, **filled_in: str) -> str:
    """A file of settings as the paper shows it, for this machine's folders."""
    text = (CONF / name).read_text().replace("/srv/pantry-wal", str(archive))
    for word, value in filled_in.items():
        text = text.replace(word, value)
    return text


def write(path: Path, text: str) -> None:
    """At the end of a file of the cluster, which stays its account's."""
    with path.open("a") as file:
        file.write(text)
    accounts.give(path, accounts.for_servers())


@contextmanager
def running(cluster: Cluster, log: Path) -> Iterator[Cluster]:
    server = cluster.server(log)
    server.start()
    try:
        server.wait_until_ready()
        yield cluster
    finally:
        server.stop()


def copy(primary: Cluster, to: Path, *options: str) -> None:
    """pg_basebackup, as the account of the servers."""
    address = primary.url("superuser", "").replace("postgres:", "kp_replica:", 1).rstrip("/")
    done = subprocess.run(
        [postgres.programs() / "pg_basebackup", f"--pgdata={to}", f"--dbname={address}", *HOW, *options],
        cwd="/",
        text=True,
        capture_output=True,
        **accounts.for_servers(),
    )
    assert done.returncode == 0, done.stderr


def flask(cluster: Cluster, *words: str, **more: str) -> str:
    addresses = {
        "DATABASE_URL": cluster.url("web"),
        "DATABASE_OWNER_URL": cluster.url("owner"),
    }
    fixed = {"SECRET_KEY": SECRET_KEY, "FIRM_NAME": FIRM_NAME, "FIRM_TIMEZONE": FIRM_TIMEZONE}
    demo = {"PANTRY_ENV": "demo", "DEMO_PASSWORD": SECRET_KEY, "FLASK_APP": "crm.cli:create_app"}
    done = subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=ROOT,
        env=os.environ | addresses | fixed | demo | more,
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def ask(cluster: Cluster, question: str, login: str = "superuser") -> str:
    with psycopg.connect(cluster.url(login), autocommit=True) as connection:
        row = connection.execute(sql.SQL(question)).fetchone()
    assert row is not None
    return str(row[0])


def run(cluster: Cluster, statement: str) -> None:
    with psycopg.connect(cluster.url("superuser"), autocommit=True) as connection:
        connection.execute(sql.SQL(statement))


def test_a_book_goes_back_to_the_moment_before_the_damage_and_a_replica_answers(open_folder: Path) -> None:
    archive = open_folder / "wal"
    archive.mkdir(mode=0o700)
    accounts.give(archive, accounts.for_servers())
    place = open_folder / "recovery"
    place.mkdir(mode=0o700)
    accounts.give(place, accounts.for_servers())
    primary = Cluster(place / "first", ports.free(), "of this test", passwords=postgres.new_passwords())
    postgres.create(replace(primary, careless=True))  # made without syncing, but run with it
    write(primary.folder / "postgresql.auto.conf", settings_of("archive.conf", archive))
    with running(primary, open_folder / "first.log"):
        postgres.set_up(primary)
        flask(primary, "db", "upgrade")
        flask(primary, "demo", "load", "--size", "small")
        run(primary, "create role kp_replica login replication password 'of this test'")
        copy(primary, place / "base")
        copy(primary, place / "second", "--write-recovery-conf")
        second = replace(primary, folder=place / "second", port=ports.free())
        with running(second, open_folder / "second.log"):
            follows_until_it_takes_over(primary, second)
        # Work goes on after the base backup, then somebody forgets a where.
        run(primary, "insert into organizations (name) values ('Kept until the end')")
        count = ask(primary, "select count(*) from organizations")
        moment = ask(primary, "select clock_timestamp()")
        run(primary, "update organizations set name = 'Oh no'")
        last = ask(primary, "select pg_walfile_name(pg_switch_wal())")
        wait_for(lambda: (archive / last).exists(), SLOW)

    back = replace(primary, folder=place / "base", port=ports.free())
    write(back.folder / "postgresql.auto.conf", settings_of("recover.conf", archive, MOMENT=moment))
    write(back.folder / "recovery.signal", "")
    with running(back, open_folder / "back.log"):
        wait_for(lambda: ask(back, "select pg_get_wal_replay_pause_state()") == "paused", SLOW)
        here = "select count(*) from organizations where name <> 'Oh no'"
        assert ask(back, here) == count
        assert ask(back, "select pg_promote()") == "True"
        assert ask(back, "select count(*) from organizations where name = 'Kept until the end'") == "1"
        flask(back, "db", "upgrade")
        (open_folder / "journal").write_text("sent\t<left@pantry.example>\n")
        hold = ("mail", "hold", "--because", "Taken back to a moment.", "--journal")
        flask(back, *hold, MAIL_JOURNAL=str(open_folder / "journal"))
        assert ask(back, "select mail_held_because from firm_settings") == "Taken back to a moment."


def follows_until_it_takes_over(primary: Cluster, second: Cluster) -> None:
    run(primary, "insert into organizations (name) values ('Told to the second')")
    told = "select count(*) from organizations where name = 'Told to the second'"
    wait_for(lambda: ask(second, told) == "1", SLOW)
    assert ask(primary, "select state from pg_stat_replication") == "streaming"
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        run(second, "insert into organizations (name) values ('Nobody writes here')")
    assert ask(second, "select pg_promote()") == "True"
    run(second, "insert into organizations (name) values ('It has taken over')")
