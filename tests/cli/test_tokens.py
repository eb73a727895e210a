"""`flask tokens`: an operator lets scripts and services in and out. `flask openapi` tells what they ask."""

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from crm.db import db
from crm.models import NotificationPreference, User
from tests.clients import Client
from tests.factories import as_role

Command = Callable[..., Result]


@pytest.fixture
def flask(app: Flask, database: sa.Connection) -> Command:
    """`flask("tokens", "list")`, as the owner of the tables."""

    def run(*arguments: str) -> Result:
        db.session.commit()
        with as_role(database, "kp_owner"):
            done = app.test_cli_runner().invoke(args=list(arguments))
        db.session.expire_all()
        return done

    return run


def test_a_token_for_a_person_is_made_listed_and_revoked(flask: Command, client: Client, nell: User) -> None:
    made = flask(
        "tokens", "create", "Spreadsheet", "--as", nell.email, "--scope", "contacts:read", "--days", "9"
    )
    assert made.exit_code == 0, made.output
    secret = made.output.strip()
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/contacts", headers=headers).status_code == 200
    listed = flask("tokens", "list").output
    assert "Nell Okafor: Spreadsheet (contacts:read)" in listed
    flask("tokens", "revoke", listed.split()[0])
    assert client.get("/api/v1/contacts", headers=headers).status_code == 401


def test_a_service_comes_in_by_an_account_of_its_own_that_is_told_nothing(
    flask: Command, client: Client, database: sa.Connection
) -> None:
    made = flask("tokens", "create", "Warehouse", "--service", "--scope", "write")
    assert made.exit_code == 0, made.output
    headers = {"Authorization": f"Bearer {made.output.strip()}"}
    account = db.session.get_one(User, client.get("/api/v1/me", headers=headers).json["user_id"])
    assert (account.full_name, account.password) == ("Warehouse", None)
    wanted = sa.select(NotificationPreference).where(NotificationPreference.user_id == account.user_id)
    assert {(one.is_on, one.is_in_app) for one in db.session.scalars(wanted)} == {(False, False)}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "X"), "--as EMAIL for a person, or --service"),
        (("create", "X", "--as", "nobody@pantry.example"), "Nobody has an account"),
        (("create", "X", "--service", "--scope", "money"), "There is no scope money"),
        (("revoke", "9000000000"), "There is no token 9000000000"),
    ],
)
def test_what_cannot_be_is_told(flask: Command, words: tuple[str, ...], said: str) -> None:
    done = flask("tokens", *words)
    assert (done.exit_code != 0, said in done.output) == (True, True), done.output


def test_the_document_can_be_printed(flask: Command) -> None:
    assert json.loads(flask("openapi").output)["openapi"] == "3.1.0"
