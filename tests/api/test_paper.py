"""docs/api.md is true: what it sends is answered as it says, and every operation that it names is there."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crm import problems
from crm.api import OPERATIONS
from crm.models import User
from tests.api.conftest import ComeIn

PAPER = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
SENT = re.compile(
    r"```http\n(?P<method>[A-Z]+) (?P<path>\S+)\n(?P<rest>.*?)-> (?P<status>\d+)\n```", re.DOTALL
)


def test_what_the_paper_sends_is_answered_as_it_says(nell: User, come_in: ComeIn) -> None:
    script = come_in(nell)
    numbers: dict[str, Any] = {"next_week": (datetime.now(UTC) + timedelta(days=7)).date().isoformat()}
    sent = list(SENT.finditer(PAPER))
    assert len(sent) == PAPER.count("```http") > 5
    for one in sent:
        path, rest = _filled(one["path"], numbers), _filled(one["rest"], numbers)
        body = rest[rest.index("{") :] if "{" in rest else None
        headers = dict(line.split(": ") for line in rest.splitlines() if line.startswith("If-Match"))
        said: dict[str, Any] = {"data": body, "content_type": "application/json"} if body else {}
        answer = script.ask(one["method"], path, headers=headers, **said)
        assert answer.status_code == int(one["status"]), f"{one['method']} {path}: {answer.text}"
        numbers |= {name: n for name, n in (answer.json or {}).items() if name.endswith("_id") and n}


def _filled(text: str, numbers: dict[str, Any]) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: str(numbers[name[1]]), text)


def test_every_operation_that_the_paper_names_is_there() -> None:
    named = re.findall(r"`?(GET|POST|PUT|PATCH|DELETE) (/[\w/{}-]+)", PAPER)
    there = {(one.method, re.sub(r"<(\w+)>", r"{\1}", one.path)) for one in OPERATIONS.values()}
    assert [one for one in named if one not in there] == []
    assert len(named) > 15


@pytest.mark.parametrize("status", sorted(set(problems.WAYS_OUT) - {400, 405, 413, 415, 500}))
def test_every_problem_is_explained(status: int) -> None:
    assert re.search(rf"^\| [\d, ]*{status}[\d, ]* \|", PAPER, re.MULTILINE)
