"""docker-compose.yml and the Dockerfile fit the application, read as text: no engine is asked."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from stack import postgres

from crm.config import Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "kitchenpantry-crm"}
ONCE = {"roles", "migrate"}
OF_LIBRARIES = {"prometheus_multiproc_dir"}
"""Variables that no setting of ours reads."""


def test_every_part_is_there() -> None:
    assert set(SERVICES) == {
        "postgres",
        "roles",
        "valkey",
        "migrate",
        "web",
        "worker",
        "work",
        "beat",
        "inbox",
    }
    assert set(OURS) == {"migrate", "web", "worker", "work", "beat"}


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONCE))
def test_every_part_that_stays_says_whether_it_is_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ["worker", "work"])
def test_a_worker_has_no_heart_that_looks_for_a_lost_broker_for_ever(name: str) -> None:
    assert "--without-heartbeat" in SERVICES[name]["command"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_variable_is_a_setting_of_the_application(name: str) -> None:
    unknown = {variable.lower() for variable in OURS[name]["environment"]} - set(Settings.model_fields)
    assert unknown <= OF_LIBRARIES


def test_processes_of_the_web_count_together_in_a_folder_that_is_empty_at_each_start() -> None:
    folder = SERVICES["web"]["environment"]["PROMETHEUS_MULTIPROC_DIR"]
    assert SERVICES["web"]["tmpfs"] == [f"{folder}:uid=10001"]
    assert "PROMETHEUS_MULTIPROC_DIR" not in SERVICES["worker"]["environment"]


def test_the_image_dumps_with_the_programs_of_the_databases_version() -> None:
    version = SERVICES["postgres"]["image"].removeprefix("postgres:")
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert f"postgresql-client-{version}" in dockerfile
    assert f"POSTGRES_PROGRAMS=/usr/lib/postgresql/{version}/bin" in dockerfile


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_application_accepts_its_settings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in Settings.model_fields:
        monkeypatch.delenv(variable.upper(), raising=False)
    for variable, text in OURS[name]["environment"].items():
        monkeypatch.setenv(variable, filled_in(text))
    settings = Settings()
    assert settings.pantry_env == "production"
    assert "localhost" in settings.trusted_hosts, "the health check asks there"


def filled_in(text: str) -> str:
    """As compose would: a variable that must be set gets a value, one with a default gets that."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    return re.sub(r"\$\{\w+:\?\}", "0123456789abcdef", text)


def test_the_host_of_its_own_address_is_always_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever fills in .env may change where people reach it and leave the other names as they are."""
    for variable, text in OURS["web"]["environment"].items():
        monkeypatch.setenv(variable, filled_in(text))
    monkeypatch.setenv("BASE_URL", "https://crm.pantry.example")
    assert Settings().trusted_hosts == ("crm.pantry.example", "localhost", "127.0.0.1")
    monkeypatch.delenv("TRUSTED_HOSTS")
    assert Settings().trusted_hosts == ("crm.pantry.example", "127.0.0.1", "localhost")


@pytest.mark.parametrize(
    ("name", "logins"),
    [
        ("web", {"web"}),
        ("worker", {"worker", "backup"}),
        ("work", {"worker", "backup"}),
        ("beat", {"worker", "backup"}),
        ("migrate", {"owner", "backup"}),
    ],
)
def test_each_process_signs_in_as_its_own_role_alone(name: str, logins: set[str]) -> None:
    said = json.dumps(SERVICES[name]["environment"])
    assert set(re.findall(r"//kp_(\w+):", said)) == logins
    assert {word.lower() for word in re.findall(r"\$\{(OWNER|WEB|WORKER|BACKUP)_PASSWORD", said)} == logins


def test_a_book_is_backed_up_before_it_is_migrated_where_backups_lie() -> None:
    assert "DATABASE_BACKUP_URL" in SERVICES["migrate"]["environment"]
    assert SERVICES["migrate"]["volumes"] == SERVICES["worker"]["volumes"]


def test_every_variable_of_compose_is_explained_in_the_example() -> None:
    used = set(re.findall(r"\$\{(\w+):", (ROOT / "docker-compose.yml").read_text()))
    explained = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert used - explained <= {"LOG_LEVEL", "PANTRY_ENV"}
    assert explained <= used


def test_the_cluster_is_made_as_the_embedded_one() -> None:
    given = SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split()
    assert tuple(given) == postgres.INITDB_OPTIONS


def test_the_data_of_postgres_outlives_its_container() -> None:
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]


def test_the_roles_come_from_the_same_file_as_everywhere() -> None:
    source = SERVICES["roles"]["volumes"][0].split(":")[0]
    sql = (ROOT / source).read_text()
    assert (ROOT / source).resolve() == postgres.ROLES_SQL
    given = set(re.findall(r"-v (\w+)=", SERVICES["roles"]["command"][0])) - {"ON_ERROR_STOP"}
    assert given == set(re.findall(r":['\"](\w+)['\"]", sql))


def test_only_the_proxy_of_this_machine_reaches_a_port() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_image_runs_as_an_ordinary_account() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    last_stage = lines[max(i for i, line in enumerate(lines) if line.startswith("FROM")) :]
    assert "USER pantry" in last_stage


def test_all_that_the_image_copies_is_sent_to_the_builder() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for source in " ".join(copied).split():
        assert (ROOT / source).exists(), source
        assert any(Path(source).match(rule) or source.startswith(f"{rule}/") for rule in allowed), source
