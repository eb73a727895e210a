"""A script with a token, as the API's tests use it."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from crm.enums import TokenKind
from crm.models import ApiToken, User
from crm.services import tokens
from tests.clients import Client
from tests.factories import Make


class Script:
    """Asks the API by a token; what it is answered comes back as it is."""

    def __init__(self, client: Client, secret: str) -> None:
        self.client = client
        self.secret = secret

    def ask(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **kwargs: Any
    ) -> TestResponse:
        """`path` from /api/v1 on, or the whole of it."""
        whole = path if path.startswith("/api/") else f"/api/v1{path}"
        bearing = {"Authorization": f"Bearer {self.secret}", **(headers or {})}
        return self.client.open(whole, method=method, headers=bearing, **kwargs)

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.ask("GET", path, query_string=query)

    def post(self, path: str, said: Any = None, **headers: str) -> TestResponse:
        return self.ask("POST", path, headers=_named(headers), **({} if said is None else {"json": said}))

    def put(self, path: str, said: Any = None) -> TestResponse:
        return self.ask("PUT", path, **({} if said is None else {"json": said}))

    def patch(self, path: str, said: Any, *, seen: str | None = None) -> TestResponse:
        """With `seen` as If-Match."""
        return self.ask("PATCH", path, json=said, headers={"If-Match": seen} if seen else {})

    def delete(self, path: str) -> TestResponse:
        return self.ask("DELETE", path)


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-").title(): value for name, value in headers.items()}


ComeIn = Callable[..., Script]


@pytest.fixture
def token_of(make: Make) -> Callable[..., str]:
    """`token_of(nell, "read")`: the secret of a token of hers."""

    def give(user: User, *scopes: str, kind: TokenKind = TokenKind.PERSONAL, **columns: Any) -> str:
        secret = f"kp_{secrets.token_urlsafe(32)}"
        make.save(
            ApiToken(
                user_id=user.user_id,
                kind=kind,
                name="A script",
                prefix=secret[:9],
                secret_sha256=tokens.sha256(secret),
                scopes=list(scopes),
                **columns,
            )
        )
        return secret

    return give


@pytest.fixture
def come_in(client: Client, token_of: Callable[..., str]) -> ComeIn:
    """`come_in(nell)`: a script of hers that may read and write everything, or what is said."""

    def give(user: User, *scopes: str, **columns: Any) -> Script:
        return Script(client, token_of(user, *(scopes or ("write",)), **columns))

    return give
