"""What people write never stands in the logs, whatever goes wrong with it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from psycopg import errors

from crm import logs
from crm.db import db


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What would go to standard error."""
    root, stream = logging.getLogger(), io.StringIO()
    before, level = list(root.handlers), root.level
    monkeypatch.setattr("sys.stderr", stream)
    logs.init("INFO")
    yield stream
    root.handlers = before
    root.setLevel(level)


def test_a_row_that_a_rule_refused_is_not_quoted(written: io.StringIO) -> None:
    row = "(7, Meeting, she told me\nin confidence, null)"
    refusal = errors.CheckViolation(f"new row violates a rule\nDETAIL:  Failing row contains {row}.")
    try:
        raise refusal
    except errors.CheckViolation:
        structlog.get_logger().exception("not saved")
    line = json.loads(written.getvalue().splitlines()[-1])
    assert "violates a rule" in line["exception"]
    assert "in confidence" not in written.getvalue()


def test_an_error_of_the_database_names_no_parameter() -> None:
    assert db._engine_options["hide_parameters"] is True
