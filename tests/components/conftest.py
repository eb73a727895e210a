"""What the component tests share: the macros as pages import them, and the gallery's fragments as drawn."""

from collections.abc import Callable, Iterator

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask, render_template

from crm.blueprints.components import samples

Draw = Callable[..., Tag]


@pytest.fixture
def request_context(app: Flask) -> Iterator[None]:
    """A request nobody signed in to: components ask for a token and for nothing else."""
    with app.test_request_context("/components"):
        yield


@pytest.fixture
def draw(app: Flask, request_context: None) -> Draw:
    """`draw("ring", "ring", "Inactive", 41)` → the root element that ring() of components/ring.html draws."""

    def drawn(noun: str, macro: str, *arguments: object, **named: object) -> Tag:
        component = getattr(app.jinja_env.get_template(f"components/{noun}.html").module, macro)
        soup = BeautifulSoup(component(*arguments, **named), "lxml")
        assert soup.body is not None
        root = soup.body.find()
        assert isinstance(root, Tag)
        return root

    return drawn


@pytest.fixture
def gallery(request_context: None) -> Callable[[str], BeautifulSoup]:
    """`gallery("buttons")` → one fragment of the gallery."""

    def drawn(group: str) -> BeautifulSoup:
        return BeautifulSoup(render_template(f"components_gallery/_{group}.html", **samples()), "lxml")

    return drawn
