"""Whom a request is from, with and without proxies in front."""

import pytest
from flask import Flask, request, request_started

import crm
from tests import databases
from tests.databases import Database

TOLD = "203.0.113.9, 198.51.100.7"
"""What the header says behind one proxy if a browser wrote into it, too; the proxy adds on the right."""


def asker(shared_database: Database, proxies: int) -> str | None:
    """Whose address the application sees, when 127.0.0.1 asks with that header."""
    settings = databases.test_settings(database_url=shared_database.url("test"), trusted_proxies=proxies)
    app = crm.create_app("web", settings)
    seen: list[str | None] = []

    def note(_: Flask, **__: object) -> None:
        seen.append(request.remote_addr)

    with request_started.connected_to(note, app):
        answer = app.test_client().get("/healthz", headers={"X-Forwarded-For": TOLD})
    assert answer.status_code == 200
    return seen[0]


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "198.51.100.7"), (2, "203.0.113.9")])
def test_only_what_our_own_proxies_wrote_is_believed(
    shared_database: Database, proxies: int, address: str
) -> None:
    assert asker(shared_database, proxies) == address


def test_a_proxy_says_neither_where_we_are_nor_by_which_scheme(shared_database: Database) -> None:
    settings = databases.test_settings(database_url=shared_database.url("test"), trusted_proxies=1)
    app = crm.create_app("web", settings)
    seen: list[str] = []

    def note(_: Flask, **__: object) -> None:
        seen.append(request.url)

    with request_started.connected_to(note, app):
        app.test_client().get(
            "/healthz", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
        )
    assert seen == ["http://localhost/healthz"]
