"""What a person reads when a step is done, and when it failed."""

from pathlib import Path

import pytest
from stack import processes, steps
from stack.processes import Server
from stack.steps import StepFailed


def test_a_step_that_is_done_is_one_line_with_its_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    with steps.step("PostgreSQL") as remarks:
        remarks.append("a new cluster")
    assert capsys.readouterr().out == "  0.0 s  PostgreSQL (a new cluster)\n"


def test_a_failure_tells_the_step_the_cause_the_log_and_the_way_out(tmp_path: Path) -> None:
    log = tmp_path / "migrate.log"
    log.write_text("".join(f"line {number}\n" for number in range(100)) + "relation is missing\n")
    failure = StepFailed("flask db upgrade ended with code 1.", way_out="run it again.", log=log)
    with pytest.raises(StepFailed), steps.step("Migrations"):
        raise failure
    told = steps.report(failure)
    assert 'The step "Migrations" failed: flask db upgrade ended with code 1.' in told
    assert "relation is missing" in told
    assert "line 10\n" not in told, "only the end of the log"
    assert str(log) in told
    assert told.endswith("What to do: run it again.")


def test_a_failure_without_a_log_shows_what_the_program_said() -> None:
    failure = StepFailed(
        "pip could not install it.", way_out="check the network.", output="no route to host\n"
    )
    assert "    | no route to host" in steps.report(failure)


def test_a_server_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    server = Server(
        name="the web server",
        command=["/bin/sh", "-c", "echo port is taken >&2; exit 3"],
        log=tmp_path / "web.log",
        environment={},
        is_ready=lambda: False,
    )
    server.start()
    with pytest.raises(StepFailed, match="the web server ended with code 3") as failed:
        server.wait_until_ready()
    assert "port is taken" in steps.report(failed.value)


def test_a_server_that_stays_silent_is_given_up(tmp_path: Path) -> None:
    server = Server(
        name="the worker",
        command=["/bin/sleep", "60"],
        log=tmp_path / "worker.log",
        environment={},
        is_ready=lambda: False,
        seconds_to_start=0.3,
    )
    server.start()
    try:
        with pytest.raises(StepFailed, match="did not answer within"):
            server.wait_until_ready()
    finally:
        processes.stop_all([server])
