"""What a start decides: remembered, named in the environment, or made anew."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from stack import envfile, settings
from stack.steps import StepFailed

from crm.config import Settings as Application

SECRETS = ("SECRET_KEY", "OPS_TOKEN", "DEMO_PASSWORD", "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*Application.model_fields, "database_backup_url"]:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        yield stranger.getsockname()[1]


def start(folder: Path, port: int | None = None) -> dict[str, str]:
    made = settings.decide(folder, port=port)
    made.write()
    return made.values


def test_the_second_start_has_the_secrets_and_ports_of_the_first(folder: Path) -> None:
    first = start(folder)
    assert start(folder) == first
    assert all(len(first[name]) >= 12 for name in SECRETS)


def test_two_stacks_share_no_secret(tmp_path: Path) -> None:
    stacks = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        stacks.append(start(tmp_path / name))
    one, two = stacks
    assert all(one[name] != two[name] for name in SECRETS)


def test_the_application_can_start_with_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in start(folder).items():
        monkeypatch.setenv(name, value)
    application = Application()
    assert application.pantry_env == "demo"
    assert application.inbox_dir == folder / "inbox"
    assert {name.lower() for name in start(folder)} <= set(Application.model_fields)


def test_a_command_beside_the_stack_finds_the_programs_of_its_own_server(folder: Path) -> None:
    """Not those on the PATH, which may be older than the server: it could not be dumped with them."""
    start(folder)
    programs = Path(envfile.read(folder)["POSTGRES_PROGRAMS"])
    assert {path.name for path in programs.iterdir()} >= {"postgres", "pg_dump", "pg_restore"}


def test_a_value_of_the_environment_wins_and_is_remembered(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(folder)
    monkeypatch.setenv("FIRM_NAME", "Ridge & Vale")
    assert start(folder)["FIRM_NAME"] == "Ridge & Vale"
    monkeypatch.delenv("FIRM_NAME")
    assert start(folder)["FIRM_NAME"] == "Ridge & Vale"


def test_a_loaded_book_keeps_the_password_it_was_loaded_with(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO_PASSWORD", "the first one")
    made = settings.decide(folder, port=None)
    made.demo_was_loaded()
    monkeypatch.setenv("DEMO_PASSWORD", "another one")
    assert start(folder)["DEMO_PASSWORD"] == "the first one"


def test_a_wished_port_that_is_taken_is_refused_with_a_way_out(folder: Path, taken_port: int) -> None:
    with pytest.raises(StepFailed, match=f"port {taken_port} is taken") as refused:
        settings.decide(folder, port=taken_port)
    assert "--port" in refused.value.way_out


def test_a_remembered_port_that_a_stranger_took_is_replaced(folder: Path, taken_port: int) -> None:
    known = start(folder) | {"STACK_WEB_PORT": str(taken_port), "STACK_POSTGRES_PORT": str(taken_port)}
    envfile.write(folder, known)
    again = start(folder)
    assert str(taken_port) not in again["DATABASE_URL"] + again["BASE_URL"]


def test_servers_of_one_s_own_are_used_and_nothing_is_started_for_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "DATABASE_WORKER_URL", "DATABASE_OWNER_URL"):
        monkeypatch.setenv(name, f"postgresql://{name.lower()}@db.example/pantry")
    monkeypatch.setenv("REDIS_URL", "redis://redis.example/0")
    monkeypatch.setenv("SMTP_URL", "smtp://mail.example")
    made = settings.decide(folder, port=None)
    assert (made.cluster, made.valkey, made.smtp_port) == (None, None, None)
    assert made.values["DATABASE_URL"] == "postgresql://database_url@db.example/pantry"
    assert made.values["PANTRY_ENV"] == "production"
    assert not made.wants_demo, "a book of inventions is no guest of a real database"


def test_a_database_of_one_s_own_must_be_named_for_every_role(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://kp_web@db.example/pantry")
    with pytest.raises(StepFailed, match="DATABASE_WORKER_URL and DATABASE_OWNER_URL is not") as refused:
        settings.decide(folder, port=None)
    assert "roles.sql" in refused.value.way_out


def test_a_shell_that_has_read_the_stack_s_own_file_names_no_server(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in start(folder).items():
        monkeypatch.setenv(name, value)
    made = settings.decide(folder, port=None)
    assert made.cluster is not None
    assert made.valkey is not None
    assert made.values["PANTRY_ENV"] == "demo"


def test_each_process_knows_its_own_role_alone(folder: Path) -> None:
    made = settings.decide(folder, port=None)
    passwords = made.cluster.passwords if made.cluster else {}
    seen = {
        "web": made.for_web(),
        "worker": made.for_worker(),
        "stranger": made.for_strangers(),
    }
    found = {
        who: {login for login, password in passwords.items() if password in "\n".join(environment.values())}
        for who, environment in seen.items()
    }
    assert found == {"web": {"web"}, "worker": {"worker", "backup"}, "stranger": set()}
