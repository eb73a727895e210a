"""What a person is told when the database itself says no."""

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import ProgrammingError

from crm.db import db
from crm.models import User
from tests.clients import take_role
from tests.factories import Make


def failure(statement: str) -> ProgrammingError:
    with pytest.raises(ProgrammingError) as failed, db.session.begin_nested():
        db.session.execute(sa.text(statement))
    return failed.value


def test_a_row_of_somebody_else_is_403_and_a_forgotten_grant_is_ours_to_mend(
    app: Flask, make: Make, nell: User, otis: User
) -> None:
    make.organization("Grill", owner=nell)
    take_role("kp_staff", nell.user_id)
    given_away = failure(f"update organizations set owner_id = {otis.user_id}")
    forgotten = failure("delete from organizations")
    with app.test_request_context("/"):
        answer = app.handle_user_exception(given_away)
        assert answer.status_code == 403  # type: ignore[union-attr]
        with pytest.raises(ProgrammingError):
            app.handle_user_exception(forgotten)
