"""What a browser would post from the form of a record, and what a page says: for the tests of records."""

from typing import Any

from bs4 import BeautifulSoup

from tests.clients import Client


def page(client: Client, address: str, status: int = 200) -> BeautifulSoup:
    """The page at an address, which must answer with this status."""
    answer = client.get(address)
    assert answer.status_code == status, f"{address}: {answer.status_code}"
    return BeautifulSoup(answer.text, "lxml")


def typed(client: Client, address: str) -> dict[str, Any]:
    """What the form at `address` posts with nothing touched, where scripts are missing."""
    return fields(page(client, address))


def fields(found: BeautifulSoup, selector: str = "form.record-form, form.conflict") -> dict[str, Any]:
    """What the one form that `selector` finds posts; a name that is there twice has a list."""
    (form,) = found.select(selector)
    said: dict[str, Any] = {}
    for control in form.select("input[name], textarea[name], select[name]"):
        if control.has_attr("disabled"):
            continue
        name, kind = str(control["name"]), control.get("type")
        if kind in ("checkbox", "radio") and not control.has_attr("checked"):
            continue
        if control.name == "select":
            chosen = control.select_one("option[selected]") or control.select_one("option")
            value = str(chosen["value"]) if chosen else ""
        elif control.name == "textarea":
            value = control.text.removeprefix("\r\n").removeprefix("\n")
        else:
            value = str(control.get("value", "on"))
        if name in said:
            said[name] = [*(said[name] if isinstance(said[name], list) else [said[name]]), value]
        else:
            said[name] = value
    return said


def words(found: BeautifulSoup, selector: str = "main") -> str:
    """The text of what `selector` finds, with single blanks."""
    return " ".join(" ".join(one.get_text(" ").split()) for one in found.select(selector))
