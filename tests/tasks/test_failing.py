"""A task that fails says why in the log, and to Celery only in a few words."""

import pickle

import pytest
import sqlalchemy as sa
import structlog
from billiard.einfo import ExceptionInfo
from flask import Flask

from crm import bell, tasks

PIPE = 65_536
"""Bytes that Linux keeps of a pipe that nobody reads."""


@pytest.fixture
def failing(app: Flask) -> tasks.Job:
    """A task that finds no database."""

    def nobody_there(*_: int) -> None:
        sa.create_engine("postgresql+psycopg://nobody:secret@127.0.0.1:1/nothing").connect()

    job = bell.celery.task(base=tasks.Job, name="tests.nobody_there", in_one_transaction=False)(nobody_there)
    job.bind(bell.celery)
    return job  # type: ignore[no-any-return]


def test_the_log_has_the_whole_of_it_and_celery_the_first_words(app: Flask, failing: tasks.Job) -> None:
    with structlog.testing.capture_logs() as logged, pytest.raises(tasks.Failed) as told:
        failing(7)
    assert [(line["event"], line["log_level"]) for line in logged] == [("task failed", "error")]
    assert logged[0]["exc_info"]
    assert str(told.value).startswith("OperationalError: (psycopg.OperationalError)")
    assert len(str(told.value)) <= tasks.LONGEST_REPORT


def test_what_a_process_reports_of_it_never_waits_for_a_worker_that_reads_no_more(failing: tasks.Job) -> None:
    def report_of(failure: type[Exception]) -> int:
        try:
            (failing if failure is tasks.Failed else failing.run)(7)
        except failure:
            return len(pickle.dumps(ExceptionInfo()))
        raise AssertionError("it did not fail")

    assert report_of(sa.exc.OperationalError) > PIPE, "as it would be told by itself"
    assert report_of(tasks.Failed) < PIPE / 4
