"""The Python environment: locked to the byte, rebuilt only when it must be, plain words when it cannot be."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from stack import environment

ROOT = Path(__file__).parents[2]
LOCKS = sorted(ROOT.glob("requirements*.txt"))


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout with one requirements file and an environment made from it."""
    monkeypatch.setattr(environment, "CHECKOUT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    environment.PYTHON.parent.mkdir(parents=True)
    environment.PYTHON.symlink_to(sys.executable)
    (tmp_path / "some.txt").write_text("")
    environment._stamp_file("some.txt").write_text(environment._stamp("some.txt"))
    return tmp_path


def test_an_environment_that_is_up_to_date_is_left_alone(checkout: Path) -> None:
    assert environment.outdated(("some.txt",)) == []


def test_a_changed_requirement_is_noticed(checkout: Path) -> None:
    (checkout / "some.txt").write_text("# another line\n")
    assert environment.outdated(("some.txt",)) == ["some.txt"]


def test_an_environment_without_its_python_is_noticed(checkout: Path) -> None:
    environment.PYTHON.unlink()
    assert environment.outdated(("some.txt",)) == ["some.txt"]


def test_an_environment_that_was_moved_is_noticed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        environment, "_stamp_file", lambda file: checkout / ".venv" / f".installed-{file}.sha256"
    )
    moved = checkout / "moved"
    moved.mkdir()
    (moved / "some.txt").write_text("")
    monkeypatch.setattr(environment, "CHECKOUT", moved)
    assert environment.outdated(("some.txt",)) == ["some.txt"]


def test_a_debian_without_python3_venv_gets_one_line_that_says_so(tmp_path: Path) -> None:
    program = f"""
import pathlib, sys
sys.path.insert(0, {str(ROOT / "bin")!r})
sys.modules["ensurepip"] = None
from stack import environment, steps
try:
    environment._create(pathlib.Path(sys.executable))
except steps.StepFailed as failure:
    print(steps.report(failure))
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "apt install python3-venv" in said


@pytest.mark.parametrize(
    ("version", "works", "is_taken"),
    [
        ("{version}", "echo 0.000001", True),
        ("{version}", "echo 1000", False),
        ("2.7", "echo 0.000001", False),
        ("{version}", "exit 1", False),
    ],
    ids=["quicker", "slower", "another version", "broken"],
)
def test_an_environment_is_made_of_another_python_only_where_that_is_much_quicker_and_the_same_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, works: str, is_taken: bool
) -> None:
    ours = f"{sys.version_info[0]}.{sys.version_info[1]}"
    other = tmp_path / f"python{ours}"
    who = f'*version_info*) echo "{version.format(version=ours)} $0" ;;'
    other.write_text(f'#!/bin/sh\ncase "$3" in\n{who}\n*) {works} ;;\nesac\n')
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(environment, "SOME_WORK", "print(1)")
    assert (environment.quickest() == other) == is_taken


def test_a_stand_in_for_our_own_python_is_no_other_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = tmp_path / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    ours = Path(sys.executable).resolve()
    stand_in.write_text(f'#!/bin/sh\nexec "{ours}" "$@"\n')
    stand_in.chmod(0o755)
    assert environment._behind(stand_in) == ours


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_everything_is_locked_by_hash_and_no_registry_is_named(lock: Path) -> None:
    text = lock.read_text()
    entries = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==\S+", entry), entry.splitlines()[0]
        assert "--hash=sha256:" in entry, entry.splitlines()[0]
    assert "://" not in text


def test_one_version_of_a_package_fits_all_files() -> None:
    versions: dict[str, set[str]] = {}
    for lock in LOCKS:
        for name, version, condition in re.findall(r"^([\w.-]+)==(\S+)(.*)$", lock.read_text(), re.MULTILINE):
            versions.setdefault(name + condition.split("\\")[0].strip(), set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", ["celery", "redis"])
def test_the_two_ranges_that_a_newer_version_would_break_stand(name: str) -> None:
    locked = re.search(rf"^{name}==(\d+)\.(\d+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert locked
    assert (int(locked[1]), int(locked[2])) < {"celery": (5, 7), "redis": (8, 0)}[name]
