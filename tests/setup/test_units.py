"""The unit files of docs/deploy run what the paper on operations says, each with its own role's address."""

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crm.config import Settings

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "docs" / "deploy" / "systemd"
ENV = ROOT / "docs" / "deploy" / "env"
VENV = "/opt/kitchenpantry/.venv/bin"
PROCESSES = {
    "web": "kitchenpantry-web@.service",
    "worker": "kitchenpantry-worker@.service",
    "work": "kitchenpantry-work@.service",
    "beat": "kitchenpantry-beat.service",
}
SETTINGS_OF = {"web": "web", "worker": "worker", "work": "worker", "beat": "worker"}
NO_SETTINGS = {"postgres_programs", "flask_app"}
"""What programs beside ours read."""


def service(name: str) -> dict[str, list[str]]:
    """The lines of a unit's [Service]; what may stand there twice does."""
    section = (UNITS / name).read_text().partition("[Service]\n")[2].partition("[Install]")[0]
    found: dict[str, list[str]] = {}
    for line in section.splitlines():
        if line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def table() -> dict[str, list[str]]:
    """The words of each command in the table of processes."""
    text = (ROOT / "docs" / "operations.md").read_text()
    rows = re.findall(r"^\| (\w+) \| `([^`]+)` \|", text, re.MULTILINE)
    return {name: shlex.split(command) for name, command in rows if name in PROCESSES}


def settings(*names: str) -> dict[str, str]:
    """What these files of settings say, as systemd and a shell read it."""
    pairs = (shlex.split((ENV / f"{name}.env").read_text(), comments=True) for name in names)
    return dict(pair.split("=", 1) for words in pairs for pair in words)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_unit_runs_the_command_of_the_table(name: str) -> None:
    said, unit = table()[name], service(PROCESSES[name])
    program, *words = shlex.split(unit["ExecStart"][0])
    assert ("nice" in said) == ("Nice" in unit)
    said = [word for word in said if word != "nice"]
    assert program == f"{VENV}/{said[0]}"
    rest = iter(words)
    assert all(word in rest for word in said[1:]), "in the same order; more may stand between"


@pytest.mark.parametrize("name", PROCESSES)
def test_a_unit_knows_the_address_of_its_own_role_alone(name: str) -> None:
    files = service(PROCESSES[name])["EnvironmentFile"]
    assert files == [f"/etc/kitchenpantry/{part}.env" for part in ("common", SETTINGS_OF[name])]
    logins = {"web": {"web"}, "worker": {"worker", "backup"}}[SETTINGS_OF[name]]
    said = " ".join(settings("common", SETTINGS_OF[name]).values())
    assert set(re.findall(r"//kp_(\w+):", said)) == logins


@pytest.mark.parametrize("name", ["web", "worker", "commands"])
def test_the_application_accepts_these_settings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in Settings.model_fields:
        monkeypatch.delenv(variable.upper(), raising=False)
    given = settings("common", name)
    assert {variable.lower() for variable in given} - set(Settings.model_fields) <= NO_SETTINGS
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    made = Settings()
    assert (made.pantry_env, made.is_https) == ("production", True)
    assert str(made.data_dir) == f"/var/lib/{service(PROCESSES['web'])['StateDirectory'][0]}"


@pytest.mark.parametrize("unit", sorted(path.name for path in UNITS.glob("*")))
def test_a_unit_is_one_that_systemd_takes(unit: str, tmp_path: Path) -> None:
    """Asked of systemd itself where it is; elsewhere it is read as the file of sections that it is."""
    for file in UNITS.glob("*"):
        text = file.read_text().replace(VENV, str(Path(sys.executable).parent))
        (tmp_path / file.name).write_text(text)
    asked = shutil.which("systemd-analyze")
    if asked is None:
        parser = configparser.RawConfigParser(strict=False, comment_prefixes=("#",))
        parser.read(tmp_path / unit)
        assert {"Unit", "Install"} & set(parser.sections())
        return
    done = subprocess.run(
        [asked, "verify", tmp_path / unit.replace("@.", "@8000.")],
        text=True,
        capture_output=True,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )
    assert (done.returncode, done.stderr) == (0, "")
