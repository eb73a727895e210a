"""bin/test takes the tests it says, and leaves nothing behind in the checkout."""

from pathlib import Path

import pytest
from redis import Redis
from stack import environment, ports, trial
from stack.valkey import Valkey

PROBE = """
from pathlib import Path

import coverage

def test_probe():
    counting = coverage.Coverage(config_file=False)
    counting.start()
    counting.stop()
    counting.save()
    Path({found!r}).write_text(counting.get_data().data_filename())
"""


@pytest.mark.slow
def test_what_coverage_counts_is_gone_after_the_run(tmp_path: Path) -> None:
    probe, found = tmp_path / "test_probe.py", tmp_path / "found"
    probe.write_text(PROBE.format(found=str(found)))
    assert trial.run_pytest(["-q", "-p", "no:cacheprovider", str(probe)], {}) == 0
    data = Path(found.read_text())
    assert not data.is_relative_to(environment.CHECKOUT)
    assert not data.exists()


@pytest.mark.parametrize("room", [0, 1 << 60], ids=["room", "no room"])
def test_servers_lie_in_memory_where_there_is_room_and_elsewhere_on_the_disk(
    room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / "disk").mkdir()
    monkeypatch.setattr(trial, "MEMORY", tmp_path / "memory")
    monkeypatch.setattr(trial, "ROOM", room)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "disk"))
    has_memory = Path("/proc/meminfo").exists() and not room
    folder = trial.new_folder()
    assert folder.parent.name == ("memory" if has_memory else "disk")
    assert folder.stat().st_mode & 0o777 == 0o711, "their account gets into it"


def test_where_nothing_lies_in_memory_servers_lie_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "MEMORY", tmp_path / "none")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert trial.new_folder().parent == tmp_path


def test_servers_that_were_left_running_have_forgotten_the_run_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = Valkey(tmp_path, ports.free(), "of-this-test", careless=True)
    monkeypatch.setattr(trial, "warm_settings", lambda: {"TEST_REDIS_URL": left.url})
    monkeypatch.setattr(trial, "_browser", dict)
    server = left.server(tmp_path / "log")
    server.start()
    try:
        server.wait_until_ready()
        with Redis.from_url(left.url) as redis:
            redis.set("asked", 2)
            with trial.servers() as settings:
                assert settings["TEST_REDIS_URL"] == left.url
                assert redis.get("asked") is None
    finally:
        server.stop()


def test_ci_leaves_out_nothing_but_the_long_tests_and_who_runs_it_by_hand_is_told_what_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", "true")
    assert trial.everyday() == "not long"
    assert capsys.readouterr().out == ""
    monkeypatch.delenv("CI")
    assert trial.everyday() == "not long and not slow"
    assert "CI=true bin/test" in capsys.readouterr().out
    assert "export CI=true\n" in (environment.CHECKOUT / ".ci" / "run").read_text()
