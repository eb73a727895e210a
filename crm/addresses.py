"""Where things are: the page of a record, the form to log on it, and whether there is such a page.

Floor 5.
"""

from functools import lru_cache
from urllib.parse import urlencode, urlsplit

from flask import current_app, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

from crm.queries.search import Kind

_FOLDERS = {
    Kind.PRINCIPAL: "/principals",
    Kind.OPPORTUNITY: "/opportunities",
    Kind.CONTACT: "/contacts",
    Kind.ORGANIZATION: "/organizations",
    Kind.DISTRIBUTOR: "/distributors",
    Kind.PRODUCT: "/products",
}
_LOGGED_ON: dict[Kind, str] = {
    Kind.PRINCIPAL: "principal",
    Kind.OPPORTUNITY: "opportunity",
    Kind.CONTACT: "contact",
    Kind.ORGANIZATION: "organization",
    Kind.DISTRIBUTOR: "organization",
}
"""How the form names what an interaction was with; nobody talks to a product."""
_NEW_OPPORTUNITY = "/opportunities/new"
_PREFILLED_WITH: dict[Kind, str] = {
    Kind.PRINCIPAL: "principal",
    Kind.CONTACT: "contact",
    Kind.ORGANIZATION: "organization",
    Kind.DISTRIBUTOR: "organization",
    Kind.PRODUCT: "product",
}


def is_there(path: str) -> bool:
    """Whether this application answers a GET of `path`."""
    return _answers(current_app.url_map, path)


@lru_cache(maxsize=100)
def _answers(rules: Map, path: str) -> bool:
    """Asked for every hit of a search, and always the same: the rules stand once the application is made."""
    try:
        rules.bind("").match(path, method="GET")
    except HTTPException:
        return False
    return True


def local(address: str | None) -> str:
    """`address` if it is a path of this app, else nothing: nobody is sent elsewhere."""
    parts = urlsplit(address or "")
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/") and "\\" not in parts.path
    return parts._replace(fragment="").geturl() if is_ours else ""


def of_list(kind: Kind, letters: str) -> str:
    """The list of all records of that kind that hold `letters`, or "" where there is no such list."""
    path = _FOLDERS[kind]
    return f"{path}?{urlencode({'q': letters})}" if is_there(path) else ""


def of_record(kind: Kind, number: int) -> str:
    """The page of a record, or "" where its kind has none. A distributor without one is an organization."""
    if is_there(f"{_FOLDERS[kind]}/1"):
        return f"{_FOLDERS[kind]}/{number}"
    return of_record(Kind.ORGANIZATION, number) if kind is Kind.DISTRIBUTOR else ""


def kinds_with_pages() -> list[Kind]:
    """What a search may lead to."""
    return [kind for kind in Kind if of_record(kind, 1)]


def to_log_on(kind: Kind, number: int) -> str:
    """The form that logs an interaction with a record, or "" where nobody would."""
    named = _LOGGED_ON.get(kind)
    return f"{url_for('interactions.new')}?{named}={number}" if named else ""


def of_new_opportunity(kind: Kind | None = None, number: int | None = None) -> str:
    """The form of a new opportunity, prefilled with the record if one is given; "" where there is no form."""
    if not is_there(_NEW_OPPORTUNITY):
        return ""
    if kind is None:
        return _NEW_OPPORTUNITY
    named = _PREFILLED_WITH.get(kind)
    return f"{_NEW_OPPORTUNITY}?{named}={number}" if named else ""
