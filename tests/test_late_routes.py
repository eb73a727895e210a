"""Addresses are compiled when the first of them is built, and are those that Werkzeug would have built."""

import pytest
from flask import Flask
from werkzeug.routing import Map, Rule

from crm.routes import LateRule

GIVEN = [
    ("/people/<int:person_id>", {"person_id": 7}, "/people/7"),
    ("/people/<int:person_id>", {"person_id": 7, "tab": "mail & more"}, "/people/7?tab=mail+%26+more"),
    ("/of/<path:name>/", {"name": "a b/ç"}, "/of/a%20b/%C3%A7/"),
    ("/", {"self": "me", "q": ["x", "y"]}, "/?self=me&q=x&q=y"),
]


@pytest.mark.parametrize(("rule", "values", "address"), GIVEN)
@pytest.mark.parametrize("kind", [Rule, LateRule])
def test_addresses_are_those_of_werkzeug_the_first_time_and_after(
    kind: type[Rule], rule: str, values: dict[str, object], address: str
) -> None:
    adapter = Map([kind(rule, endpoint="there")]).bind("pantry.example")
    assert [adapter.build("there", values) for _ in range(2)] == [address, address]
    # Without what the address does not name, as redirects are built.
    assert adapter.build("there", values, append_unknown=False) == address.partition("?")[0]


def test_an_address_is_compiled_once_and_not_before_it_is_asked_for() -> None:
    rule = LateRule("/people/<int:person_id>", endpoint="there")
    adapter = Map([rule]).bind("pantry.example")
    before = rule._build_unknown
    adapter.build("there", {"person_id": 7})
    compiled = rule._build_unknown
    assert compiled != before
    adapter.build("there", {"person_id": 8})
    assert rule._build_unknown == compiled


def test_every_route_of_the_application_but_its_files_is_compiled_late(app: Flask) -> None:
    others = [rule for rule in app.url_map.iter_rules() if not isinstance(rule, LateRule)]
    assert [rule.endpoint for rule in others] == ["static"]
