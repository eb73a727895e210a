"""`flask flags`: an operator switches features on a running system."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from crm.db import db
from crm.models import User
from crm.queries.flags import KNOWN
from tests.factories import as_role

Command = Callable[..., Result]


@pytest.fixture
def flask(app: Flask, database: sa.Connection) -> Command:
    """`flask("list")`: what `flask flags` does, as the owner of the tables."""

    def run(*arguments: str) -> Result:
        db.session.commit()
        with as_role(database, "kp_owner"):
            done = app.test_cli_runner().invoke(args=["flags", *arguments])
        db.session.expire_all()
        return done

    return run


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("off", "off"),
        ("on", "on"),
        ("manager,admin", "on for managers and admins"),
        ("admin, rep, manager", "on"),
        ("25%, manager", "on for managers and 25 %"),
        ("100%", "on"),
    ],
)
def test_a_feature_is_switched_and_listed(flask: Command, state: str, said: str) -> None:
    done = flask("set", "bulk-moves", state)
    assert (done.exit_code, done.output) == (0, f"bulk-moves is {said} from the next request on.\n")
    listed = flask("list").output
    lines = [" ".join(line.split()) for line in listed.splitlines()]
    assert [line.split()[0] for line in lines] == list(KNOWN)
    assert f"bulk-moves {said} {KNOWN['bulk-moves'].text}" in lines


def test_a_feature_is_switched_on_for_a_person_by_their_address(flask: Command, nell: User) -> None:
    done = flask("set", "bulk-moves", "NELL@pantry.example")
    assert done.output == "bulk-moves is on for one person from the next request on.\n"
    assert "Nobody signs in as who@pantry.example." in flask("set", "bulk-moves", "who@pantry.example").output


def test_what_is_none_is_refused_in_words(flask: Command) -> None:
    unknown = flask("set", "bulk-move", "on")
    assert unknown.exit_code == 1
    assert "There is no feature bulk-move. There are: api, board, " in unknown.output
    nonsense = flask("set", "bulk-moves", "maybe")
    assert nonsense.exit_code == 2
    assert "maybe is none of on, off, or roles, people and a part" in nonsense.output
