"""Every route is guarded, every answer carries the strict policy, whatever it is."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from crm.sign_in import PUBLIC

STRICT = ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors", "base-uri 'none'")


def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def address(rule: Rule) -> str:
    values = {
        name: 1 if "int" in type(rule._converters[name]).__name__.lower() else "x" for name in rule.arguments
    }
    _, path = rule.build(values) or ("", "/")
    return path


def test_the_public_routes_are_these_and_no_others(app: Flask) -> None:
    assert set(PUBLIC) == {
        "static",
        "probes.healthz",
        "probes.readyz",
        "security.login",
        "security.two_factor_token_validation",
        "security.forgot_password",
        "security.reset_password",
        "invitations.choose",
        "invitations.accept",
        "api.document",
        "calendar.show",
    }


def test_nobody_gets_anything_but_the_door(app: Flask, client: FlaskClient) -> None:
    for rule in rules(app):
        if rule.endpoint in PUBLIC:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = client.open(address(rule), method=method)
            if answer.status_code in (301, 302, 303):
                assert answer.location.startswith("/login"), f"{method} {rule}: to {answer.location}"
            else:
                assert answer.status_code == 401, f"{method} {rule}: {answer.status_code}"


@pytest.mark.parametrize("path", ["/", "/login", "/nothing-here", "/healthz", "/principals", "/follow-ups"])
def test_every_answer_tells_the_browser_what_to_refuse(path: str, client: FlaskClient) -> None:
    headers = client.get(path).headers
    for part in STRICT:
        assert part in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, no-store"


def test_an_unknown_host_is_refused(client: FlaskClient) -> None:
    assert client.get("/login", headers={"Host": "elsewhere.example"}).status_code == 400
