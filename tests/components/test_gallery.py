"""Every component in every state, as /components shows them: they render, have names, keep to the policy."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from crm.blueprints.components import GROUPS

TEMPLATES = Path(__file__).parents[2] / "crm" / "templates"
POINTERS = ("aria-labelledby", "aria-describedby", "aria-controls", "for", "popovertarget", "data-open")

Gallery = Callable[[str], BeautifulSoup]

each_group = pytest.mark.parametrize("group", GROUPS)


def name_of(element: Tag, page: BeautifulSoup) -> str:
    """What a screen reader calls the element: its label, the text it points to, or its own text."""
    if label := element.get("aria-label"):
        return str(label)
    pointed = [page.find(id=one) for one in str(element.get("aria-labelledby", "")).split()]
    own_label = page.find("label", attrs={"for": element.get("id")}) if element.get("id") else None
    said = [*pointed, own_label, element.find_parent("label"), element]
    return " ".join(one.get_text(" ", strip=True) for one in said if one is not None).strip()


@each_group
def test_every_id_is_the_only_one_of_its_name(group: str, gallery: Gallery) -> None:
    ids = Counter(element["id"] for element in gallery(group).find_all(id=True))
    assert not [one for one, n in ids.items() if n > 1]


def test_all_groups_fit_on_one_page(gallery: Gallery) -> None:
    ids = Counter(element["id"] for group in GROUPS for element in gallery(group).find_all(id=True))
    assert not [one for one, n in ids.items() if n > 1]


@each_group
def test_what_points_to_another_element_finds_it(group: str, gallery: Gallery) -> None:
    page = gallery(group)
    for pointer in POINTERS:
        for element in page.find_all(attrs={pointer: True}):
            for target in str(element[pointer]).split():
                assert page.find(id=target) is not None, f"{pointer}={target} on {element.name}"


@each_group
def test_whatever_can_be_used_or_is_a_picture_has_a_name(group: str, gallery: Gallery) -> None:
    page = gallery(group)
    used = page.select("a[href], button, input:not([type=hidden]), select, textarea, progress, [role=img]")
    assert [str(element) for element in used if not name_of(element, page)] == []
    assert all(svg.get("aria-hidden") == "true" or svg.get("role") == "img" for svg in page.find_all("svg"))


@each_group
def test_nothing_is_styled_or_scripted_in_line(group: str, gallery: Gallery) -> None:
    page = gallery(group)
    assert page.find_all(["script", "style"]) == []
    inline = [name for element in page.find_all() for name in element.attrs if re.match(r"on|style$", name)]
    assert inline == []


@each_group
def test_the_document_stays_well_formed(group: str, gallery: Gallery) -> None:
    """A block inside a span or a list item outside a list is moved by the parser, and with it the meaning."""
    page = gallery(group)
    assert all(item.parent is not None and item.parent.name in {"ol", "ul"} for item in page.find_all("li"))
    assert page.select("span div, p div, button button, a a, form form") == []


def test_the_gallery_shows_every_macro() -> None:
    shown = "".join(path.read_text() for path in (TEMPLATES / "components_gallery").glob("*.html"))
    built_on = "".join(path.read_text() for path in (TEMPLATES / "components").glob("*.html"))
    for path in (TEMPLATES / "components").glob("*.html"):
        for macro in re.findall(r"{% macro (\w+)\(", path.read_text()):
            assert re.search(rf"\b{macro}\b", shown) or built_on.count(f"{macro}(") > 1, (
                f"{path.name}: {macro}"
            )


def test_every_icon_in_use_is_in_the_sprite(gallery: Gallery) -> None:
    from crm.assets import BUILT, asset

    sprite = (BUILT / asset("icons.svg").rsplit("/", 1)[-1]).read_text()
    names = {use["href"].split("#")[1] for group in GROUPS for use in gallery(group).find_all("use")}
    assert names
    assert [name for name in names if f'id="{name}"' not in sprite] == []


def test_the_gallery_is_a_page_of_the_app(app: object, gallery: Gallery) -> None:
    listed = {path.stem.removeprefix("_") for path in (TEMPLATES / "components_gallery").glob("_*.html")}
    assert listed == {*GROUPS, "options"}
