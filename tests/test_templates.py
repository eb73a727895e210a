"""Every template compiles, keeps to the strict policy and carries what its forms need."""

import re
from pathlib import Path

import pytest
from flask import Flask

TEMPLATES = Path(__file__).parent.parent / "crm" / "templates"
ALL = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
PAGES = [name for name in ALL if not name.startswith("mail/") and "/email/" not in name]


@pytest.mark.parametrize("name", sorted(str(p.relative_to(TEMPLATES)) for p in TEMPLATES.rglob("*.*")))
def test_a_template_compiles(name: str, app: Flask) -> None:
    app.jinja_env.get_template(name)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_inline_script_style_or_handler(name: str) -> None:
    text = (TEMPLATES / name).read_text()
    assert not re.search(r"<[a-z][^<>{}]*\sstyle\s*=", text), "a style attribute is blocked by the policy"
    assert "<style" not in text
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"\son(click|load|submit|change|input|key\w+)\s*=", text)


@pytest.mark.parametrize("name", PAGES)
def test_a_form_that_changes_something_carries_a_token_and_a_request_key(name: str) -> None:
    text = (TEMPLATES / name).read_text()
    for form in re.findall(r"<form\b[^>]*method=[\"']post[\"'].*?</form>", text, re.DOTALL):
        assert "csrf_token" in form or "hidden_tag" in form, form[:120]
        if not name.startswith(("security/", "layouts/")):
            assert "request_key" in form, form[:120]


@pytest.mark.parametrize("name", [n for n in ALL if n.startswith("components/")])
def test_a_component_sees_only_its_arguments(name: str) -> None:
    text = (TEMPLATES / name).read_text()
    assert "with context" not in text
    assert "current_user" not in text


@pytest.mark.parametrize("name", [n for n in PAGES if n.rsplit("/", 1)[-1] == "_content.html"])
def test_the_content_of_a_page_can_be_drawn_again_in_place(name: str) -> None:
    text = (TEMPLATES / name).read_text()
    assert re.search(
        r'<div id="content"( data-live="[^"]*")?\{% if is_out_of_band %\} hx-swap-oob="true"\{% endif %\}>',
        text,
    )


def test_an_address_that_was_built_before_is_that_of_the_same_words_alone(app: Flask) -> None:
    address = app.jinja_env.globals["url_for"]
    with app.test_request_context("/"):
        for _ in range(2):
            assert address("follow_ups.index") == "/follow-ups"
            assert address("follow_ups.index", page=1) == "/follow-ups?page=1"
            assert address("follow_ups.index", page=True) == "/follow-ups?page=True"
            assert address("follow_ups.index", tag=["a", "b"]) == "/follow-ups?tag=a&tag=b"
            assert address("contacts.show", contact_id=7, _anchor="notes") == "/contacts/7#notes"
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": "/crm"}):
        assert address("follow_ups.index") == "/crm/follow-ups"
