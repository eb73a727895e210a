"""`flask users`: an operator makes accounts, changes what they may do, and takes them away."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from flask_security import verify_password

from crm.db import db
from crm.enums import Role
from crm.models import User
from tests.clients import Client
from tests.factories import PASSWORD, Make, as_role

Command = Callable[..., Result]


@pytest.fixture
def flask(app: Flask, database: sa.Connection) -> Command:
    """`flask("users", "create", …)`: what the command does, as the owner of the tables."""

    def run(*arguments: str, typed: str = "") -> Result:
        db.session.commit()
        with as_role(database, "kp_owner"):
            done = app.test_cli_runner().invoke(args=list(arguments), input=typed)
        db.session.expire_all()
        return done

    return run


@pytest.fixture
def account(database: sa.Connection) -> Callable[[str], User | None]:
    def find(email: str) -> User | None:
        db.session.connection()  # a session that begins inside the block would outlive its savepoint
        with as_role(database, "kp_owner"):
            return db.session.execute(sa.select(User).where(User.email == email)).scalar_one_or_none()

    return find


Account = Callable[[str], User | None]
IVO = ("users", "create", "Ivo@Firm.example", "--name", "  Ivo   Larkin ")


def test_an_account_is_made_with_a_password_asked_for_twice(flask: Command, account: Account) -> None:
    done = flask(*IVO, "--role", "manager", typed="pantry-shelf-8\npantry-shelf-8\n")
    assert done.exit_code == 0, done.output
    assert "Ivo Larkin signs in as ivo@firm.example: manager." in done.output
    ivo = account("ivo@firm.example")
    assert ivo is not None
    assert (ivo.full_name, ivo.role, ivo.active) == ("Ivo Larkin", Role.MANAGER, True)
    assert ivo.time_zone == "America/Chicago"
    assert verify_password("pantry-shelf-8", ivo.password)


def test_the_password_is_kept_as_argon2id_and_not_shown(flask: Command, account: Account) -> None:
    done = flask(*IVO, "--password", "pantry-shelf-8")
    ivo = account("ivo@firm.example")
    assert ivo is not None
    assert str(ivo.password).startswith("$argon2id$")
    assert "pantry-shelf-8" not in done.output


def test_a_new_rep_comes_into_a_team(flask: Command, account: Account, mara: User) -> None:
    mara_id = mara.user_id
    done = flask(*IVO, "--manager", "MARA@pantry.example", "--time-zone", "Europe/Riga", "--choose-later")
    assert done.exit_code == 0, done.output
    assert 'They choose a password with "Forgot your password?"' in done.output
    ivo = account("ivo@firm.example")
    assert ivo is not None
    assert (ivo.role, ivo.manager_id, ivo.time_zone, ivo.password) == (Role.REP, mara_id, "Europe/Riga", None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("users", "create", "ivo", "--name", "Ivo"), "ivo is no mail address"),
        (("users", "create", "i@firm.example", "--name", " 7 "), "Say what they are called"),
        ((*IVO, "--time-zone", "Moon/Base"), "Moon/Base is no time zone. Name one like America/Chicago."),
        ((*IVO, "--manager", "nobody@firm.example"), "Nobody has an account with the address nobody@firm."),
        ((*IVO, "--manager", "nell@pantry.example"), "Nell Okafor is no manager who can sign in."),
        (
            ("users", "create", "NELL@pantry.example", "--name", "Nell Again"),
            "Somebody signs in with this address already.",
        ),
    ],
    ids=["address", "name", "zone", "unknown manager", "rep as manager", "taken"],
)
def test_what_cannot_be_is_refused_in_words(
    flask: Command, nell: User, words: tuple[str, ...], said: str
) -> None:
    done = flask(*words, "--password", "pantry-shelf-8")
    assert done.exit_code == 1
    assert said in done.output
    assert "Traceback" not in done.output


def test_a_short_password_is_refused(flask: Command, account: Account) -> None:
    done = flask(*IVO, "--password", "short")
    assert done.exit_code == 1
    assert "A password has at least 10 characters." in done.output
    assert account("ivo@firm.example") is None


def test_a_rep_becomes_a_manager_and_leaves_the_team(flask: Command, account: Account, nell: User) -> None:
    done = flask("users", "role", "nell@pantry.example", "manager", "--manager", "")
    assert done.exit_code == 0, done.output
    assert "Nell Okafor is a manager now." in done.output
    changed = account("nell@pantry.example")
    assert changed is not None
    assert (changed.role, changed.manager_id) == (Role.MANAGER, None)


def test_a_manager_with_a_team_stays_one(flask: Command, account: Account, nell: User, mara: User) -> None:
    done = flask("users", "role", "mara@pantry.example", "rep")
    assert done.exit_code == 1
    assert "Mara Lindqvist has a team of 1. Give them another manager first." in done.output


def test_nobody_manages_themselves(flask: Command, mara: User) -> None:
    done = flask("users", "role", "mara@pantry.example", "manager", "--manager", "mara@pantry.example")
    assert done.exit_code == 1
    assert "Nobody is in a team of their own." in done.output


@pytest.mark.parametrize(
    "words", [("users", "role", "ada@pantry.example", "rep"), ("users", "deactivate", "ada@pantry.example")]
)
def test_the_last_admin_stays_one(flask: Command, make: Make, ada: User, words: tuple[str, ...]) -> None:
    make.user("Gone Admin", role="admin", active=False)
    done = flask(*words)
    assert done.exit_code == 1
    assert "Ada Reyes is the only admin who can sign in. Make somebody else one first." in done.output


def test_one_of_two_admins_may_go(flask: Command, make: Make, ada: User) -> None:
    make.user("Second Admin", role="admin")
    assert flask("users", "role", "ada@pantry.example", "rep").exit_code == 0


def test_somebody_deactivated_is_signed_out_and_signs_in_no_more(
    flask: Command, client: Client, nell: User
) -> None:
    client.sign_in(nell)
    assert client.get("/follow-ups").status_code == 200
    done = flask("users", "deactivate", "nell@pantry.example")
    assert (done.exit_code, done.output) == (0, "Nell Okafor can no longer sign in.\n")
    assert client.get("/follow-ups").status_code in (302, 303)
    refused = client.submit("/login", {"email": "nell@pantry.example", "password": PASSWORD})
    assert refused.status_code == 200


def test_somebody_activated_again_has_the_password_they_had(
    flask: Command, client: Client, nell: User
) -> None:
    flask("users", "deactivate", "nell@pantry.example")
    done = flask("users", "activate", "nell@pantry.example")
    assert (done.exit_code, done.output) == (0, "Nell Okafor can sign in again.\n")
    signed_in = client.submit("/login", {"email": "nell@pantry.example", "password": PASSWORD})
    assert signed_in.status_code in (302, 303)


def test_an_only_admin_who_lost_the_phone_gets_in_again(
    flask: Command, make: Make, database: sa.Connection
) -> None:
    ada = make.user("Ada Reyes", role="admin", tf_totp_secret="{}", two_factor_on_at=datetime.now(UTC))
    done = flask("users", "reset-two-factor", ada.email.upper())
    assert done.output == "Ada Reyes signs in with the password alone.\n"
    again = flask("users", "reset-two-factor", ada.email)
    assert (again.exit_code, "alone already" in again.output) == (1, True)
