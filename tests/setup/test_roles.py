"""roles.sql: who may do what on the server, and that running it again does nothing."""

import dataclasses
from collections.abc import Iterator

import psycopg
import pytest
from stack import postgres
from stack.postgres import Cluster
from stack.steps import StepFailed

EVERYTHING = """
    select 'role', rolname, rolcanlogin::text, rolsuper::text, rolcreatedb::text, rolcreaterole::text,
           rolbypassrls::text, array_to_string(rolconfig, ',')
    from pg_roles where rolname like 'kp%'
    union all
    select 'member', m.member::regrole::text, m.roleid::regrole::text, m.inherit_option::text,
           m.set_option::text, m.admin_option::text, '', ''
    from pg_auth_members m where m.member::regrole::text like 'kp%'
    union all
    select 'database', datname, pg_get_userbyid(datdba), datacl::text, '', '', '', ''
    from pg_database where not datistemplate
    order by 1, 2, 3
"""


def everything(cluster: Cluster) -> list[tuple[object, ...]]:
    with psycopg.connect(cluster.url("superuser")) as connection:
        return connection.execute(EVERYTHING).fetchall()


def ask(cluster: Cluster, login: str, *statements: str) -> object:
    """The first value of the last statement, asked as that login in one transaction that is undone."""
    with psycopg.connect(cluster.url(login)) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        answer = cursor.fetchone() if cursor.description else None
        connection.rollback()
        return answer[0] if answer else None


@pytest.fixture
def table(cluster: Cluster) -> Iterator[str]:
    """A table of the owner's with a row that row security hides from everybody without a policy."""
    with psycopg.connect(cluster.url("owner"), autocommit=True) as owner:
        owner.execute("create table kept (id integer)")
        owner.execute("insert into kept values (1)")
        owner.execute("alter table kept enable row level security")
        owner.execute("alter table kept force row level security")
        yield "kept"
        owner.execute("drop table kept")


def test_running_it_again_changes_nothing(cluster: Cluster) -> None:
    before = everything(cluster)
    assert len(before) > 10
    postgres.set_up(cluster)
    assert everything(cluster) == before


def test_running_it_again_mends_what_somebody_loosened(cluster: Cluster) -> None:
    before = everything(cluster)
    with psycopg.connect(cluster.url("superuser")) as superuser:
        superuser.execute("alter role kp_web bypassrls createdb")
        superuser.execute("grant connect on database pantry to public")
    assert everything(cluster) != before
    postgres.set_up(cluster)
    assert everything(cluster) == before


def test_a_quote_in_a_password_is_no_sql(cluster: Cluster) -> None:
    quoted = {**cluster.passwords, "web": 'it\'s \\ "quoted" :owner_password'}
    postgres.set_up_at(cluster.url("superuser", "postgres"), quoted)
    try:
        with psycopg.connect(cluster.url("owner"), user="kp_web", password=quoted["web"]) as connection:
            assert connection.execute("select current_user").fetchone() == ("kp_web",)
    finally:
        postgres.set_up(cluster)


def test_a_server_that_refuses_is_told_with_a_way_out(cluster: Cluster) -> None:
    with pytest.raises(StepFailed, match="roles and the database could not be made") as refused:
        postgres.set_up_at(cluster.url("owner", "pantry"), cluster.passwords)
    assert "superuser" in refused.value.way_out
    assert "permission denied" in refused.value.output


def test_nobody_of_ours_is_a_superuser(cluster: Cluster) -> None:
    powers = "rolname like 'kp%' and (rolsuper or rolcreaterole or rolcreatedb)"
    assert ask(cluster, "superuser", f"select count(*) from pg_roles where {powers}") == 0


def test_the_web_may_become_staff_but_never_the_system(cluster: Cluster) -> None:
    assert ask(cluster, "web", "set local role kp_staff", "select current_user::text") == "kp_staff"
    for role in ("kp_system", "kp_owner", "kp_worker", "kp_backup"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(cluster, "web", f"set local role {role}")


def test_the_worker_may_become_staff_or_the_system_and_nobody_else(cluster: Cluster) -> None:
    for role in ("kp_staff", "kp_system"):
        assert ask(cluster, "worker", f"set local role {role}", "select current_user::text") == role
    for role in ("kp_owner", "kp_web", "kp_backup"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(cluster, "worker", f"set local role {role}")


@pytest.mark.parametrize("login", ["web", "worker", "test"])
def test_a_right_of_staff_is_not_the_login_s_before_it_becomes_staff(
    cluster: Cluster, table: str, login: str
) -> None:
    with psycopg.connect(cluster.url("owner"), autocommit=True) as owner:
        owner.execute("grant select on kept to kp_staff")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(cluster, login, "select count(*) from kept")
    assert ask(cluster, login, "set local role kp_staff", "select count(*) from kept") == 0


def test_the_backup_reads_past_row_security_and_writes_nothing(cluster: Cluster, table: str) -> None:
    assert ask(cluster, "backup", "select count(*) from kept") == 1
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        ask(cluster, "backup", "delete from kept")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(cluster, "backup", "set transaction read write", "delete from kept")


@pytest.mark.parametrize("login", ["web", "worker", "backup", "test"])
def test_only_the_owner_makes_tables(cluster: Cluster, login: str) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
        ask(cluster, login, "create table mine (id integer)")


def test_row_security_binds_the_owner(cluster: Cluster, table: str) -> None:
    assert ask(cluster, "owner", "select count(*) from kept") == 0


def test_extensions_are_there_before_the_first_migration(cluster: Cluster) -> None:
    names = "select array_agg(extname::text order by extname) from pg_extension where extname <> 'plpgsql'"
    assert ask(cluster, "owner", names) == ["btree_gin", "pg_trgm", "unaccent"]


def test_words_sort_by_code_point_on_every_machine(cluster: Cluster) -> None:
    kind = "concat_ws(' ', datlocprovider, datlocale, pg_encoding_to_char(encoding))"
    assert (
        ask(cluster, "owner", f"select {kind} from pg_database where datname = 'pantry'") == "b C.UTF-8 UTF8"
    )
    words = "unnest('{b,A,a,B,é}'::text[]) as word"
    assert ask(cluster, "owner", f"select string_agg(word, '' order by word) from {words}") == "ABabé"


def test_damage_on_disk_would_be_noticed(cluster: Cluster) -> None:
    assert ask(cluster, "owner", "show data_checksums") == "on"


def test_a_cluster_whose_settings_were_lost_is_left_alone_and_told(cluster: Cluster) -> None:
    stranger = dataclasses.replace(cluster, superuser_password="another one")
    with pytest.raises(StepFailed, match="belongs to settings that are gone") as refused:
        postgres.create(stranger)
    assert str(cluster.folder) in refused.value.way_out
    assert ask(cluster, "owner", "select 1") == 1


def test_it_listens_on_this_machine_alone(cluster: Cluster) -> None:
    assert ask(cluster, "superuser", "show listen_addresses") == "127.0.0.1"
    assert ask(cluster, "superuser", "show unix_socket_directories") == ""


def test_a_wrong_password_is_refused(cluster: Cluster) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(cluster.url("superuser"), password="guessed")
