"""The browser of the tests: every request is a session of its own and forgets what it did not commit."""

import contextvars
import hashlib
import secrets
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from crm.db import db
from crm.models import User

# What is checked at a commit is checked here, for the transaction of a test never commits. In one go with the
# way back to the role that reads, for every request of every test waits for this.
_AFTER_A_REQUEST = """
    set constraints all immediate; set constraints all deferred;
    select set_config('app.user_id', '', true), set_config('role', 'kp_backup', true)
"""


class Client(FlaskClient):
    """Flask's test client, on the connection of the test.

    Before a request nobody is named, as on a connection from the pool. After it the test may read every row,
    but write none: what it wants to have in the database, it asks of `make` or does through a service.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        db.session.commit()
        take_role("kp_web")
        # In a context of its own the request pushes an application context of its own, and with it a session
        # and a `g` of its own. Inside the test's it would share both with the next request.
        answer: TestResponse = contextvars.Context().run(super().open, *args, **kwargs)
        db.session.connection().exec_driver_sql(_AFTER_A_REQUEST)
        return answer

    @property
    def csrf_token(self) -> str:
        """A token that a form of this client's session would carry."""
        with self.session_transaction() as session:
            raw = session.setdefault("csrf_token", hashlib.sha1(secrets.token_bytes(16)).hexdigest())
        app: Flask = self.application
        return str(URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(raw))

    def submit(self, path: str, data: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        """Post a form with its CSRF token, as a page would."""
        return self.post(path, data={"csrf_token": self.csrf_token, **(data or {})}, **kwargs)

    def cookies(self) -> dict[tuple[str, str, str], Any]:
        """What this browser keeps now, for take_cookies."""
        return dict(self._cookies or {})

    def take_cookies(self, kept: dict[tuple[str, str, str], Any]) -> None:
        """Be again the browser that kept these cookies, and no others."""
        self._cookies = dict(kept)

    def sign_in(self, user: User) -> "Client":
        """Be `user` from the next request on, without the sign-in page; returns the client."""
        with self.session_transaction() as session:
            session.clear()
            session["_user_id"] = user.fs_uniquifier
            session["_fresh"] = True
            session["fs_cc"] = "set"
        return self


def take_role(role: str, user_id: int | None = None) -> None:
    """Go on as `role` and as that person, on the connection of the test."""
    db.session.connection().exec_driver_sql(
        "select set_config('app.user_id', %s, true), set_config('role', %s, true)",
        ("" if user_id is None else str(user_id), role),
    )
