"""DIR/env: private, exact, and never half written."""

import os
import subprocess
from pathlib import Path

import pytest
from stack import envfile
from stack.steps import StepFailed

ODD = {
    "PLAIN": "value",
    "FIRM_NAME": 'O\'Hara & "Sons" $HOME `id` \\ #1',
    "EMPTY": "",
    "MAIL_FROM": "Fernhollow Brokerage <crm@pantry.example>",
    "URL": "postgresql://kp_web:p=ss@127.0.0.1:1/pantry?a=b",
}


def test_only_its_owner_may_read_it_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        envfile.write(tmp_path, ODD)
    finally:
        os.umask(before)
    assert (tmp_path / "env").stat().st_mode & 0o777 == 0o600


def test_what_was_written_is_read_again_to_the_letter(tmp_path: Path) -> None:
    envfile.write(tmp_path, {"OLD": "gone"})
    envfile.write(tmp_path, ODD)
    assert envfile.read(tmp_path) == ODD


def test_a_shell_reads_the_same(tmp_path: Path) -> None:
    envfile.write(tmp_path, ODD)
    script = 'set -a; . "$1/env"; exec env -0'
    printed = subprocess.run(
        ["sh", "-c", script, "sh", tmp_path], capture_output=True, text=True, check=True
    ).stdout
    seen = dict(pair.split("=", 1) for pair in printed.split("\0") if pair)
    assert {name: seen[name] for name in ODD} == ODD


def test_a_write_that_fails_leaves_the_old_settings(tmp_path: Path) -> None:
    envfile.write(tmp_path, {"KEPT": "yes"})
    with pytest.raises(TypeError):
        envfile.write(tmp_path, {"KEPT": "no", "BROKEN": 5})  # type: ignore[dict-item]
    assert envfile.read(tmp_path) == {"KEPT": "yes"}


def test_a_folder_without_a_stack_is_told_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="no stack was started there yet") as refused:
        envfile.of_running_stack(tmp_path)
    assert "bin/up" in refused.value.way_out


def test_a_command_beside_the_stack_finds_the_folder_by_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    envfile.write(tmp_path, {"BASE_URL": "http://127.0.0.1:8123"})
    monkeypatch.setenv("PANTRY_DATA", str(tmp_path))
    assert envfile.of_running_stack()["BASE_URL"] == "http://127.0.0.1:8123"
