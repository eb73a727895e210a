"""Locked packages: by uv where it can, by pip where it cannot, and only what the lock has the hash of."""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pip
import pytest
from stack import packages
from stack.steps import StepFailed


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """That of an environment with nothing but our own pip and uv."""
    made = tmp_path / "made"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", made], check=True)
    ours = Path(pip.__file__).parent
    (made / ours.parent.relative_to(sys.prefix) / "pip").symlink_to(ours)
    (made / "bin" / "uv").symlink_to(Path(sys.executable).with_name("uv"))
    return made / "bin" / "python"


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    made = tmp_path / "some_package-1.0-py3-none-any.whl"
    about = "some_package-1.0.dist-info"
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("some_package.py", "")
        file.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: some-package\nVersion: 1.0")
        tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        file.writestr(f"{about}/WHEEL", tags)
        file.writestr(f"{about}/RECORD", "")
    return made


def lock(wheel: Path, content: bytes) -> Path:
    """A requirements file that asks for this wheel with that content."""
    made = wheel.with_name("some.txt")
    digest = hashlib.sha256(content).hexdigest()
    made.write_text(f"some-package @ {wheel.as_uri()} --hash=sha256:{digest}\n")
    return made


def has_it(python: Path) -> bool:
    return subprocess.run([python, "-c", "import some_package"], capture_output=True).returncode == 0


def say_instead_of_uv(python: Path, words: str) -> None:
    uv = python.with_name("uv")
    uv.unlink()
    uv.write_text(f"#!/bin/sh\n{words}\n")
    uv.chmod(0o755)


def test_uv_installs_what_is_locked(python: Path, wheel: Path) -> None:
    assert packages.install(python, [lock(wheel, wheel.read_bytes())]) == "uv"
    assert has_it(python)


def test_pip_installs_it_where_uv_cannot(python: Path, wheel: Path) -> None:
    say_instead_of_uv(python, "exit 2")
    assert packages.install(python, [lock(wheel, wheel.read_bytes())]) == "pip"
    assert has_it(python)


def test_neither_installs_another_file_than_the_locked_one(python: Path, wheel: Path) -> None:
    with pytest.raises(StepFailed, match=r"pip could not install some\.txt") as refused:
        packages.install(python, [lock(wheel, b"another file")])
    assert "DO NOT MATCH THE HASHES" in refused.value.output
    assert not has_it(python)


def test_neither_installs_a_file_without_its_hash(python: Path, wheel: Path) -> None:
    file = wheel.with_name("some.txt")
    file.write_text(f"{wheel}\n")
    with pytest.raises(StepFailed) as refused:
        packages.install(python, [file])
    assert "Hashes are required" in refused.value.output
    assert not has_it(python)


def test_uv_goes_where_pip_was_told_to_go(
    python: Path, wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say_instead_of_uv(python, f"env > {tmp_path / 'told'}")
    written = tmp_path / "pip.conf"
    written.write_text(
        "[global]\nindex-url = https://old.example/simple\nproxy = http://proxy.example:3128\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(written))
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    packages.install(python, [lock(wheel, wheel.read_bytes())])
    told = (tmp_path / "told").read_text().splitlines()
    assert "UV_DEFAULT_INDEX=https://mirror.example/simple" in told
    assert "ALL_PROXY=http://proxy.example:3128" in told
