"""How much each page costs against what it cannot do without.

    benchmarks/run [pages] [--rounds N]

One row a page: the whole request through the application, divided by its floor taken beside it: the
page's own SQL sent bare through psycopg, plus its own templates filled from what the view had gathered, plus
the smallest Flask page, each in turns. Milliseconds are the best round (machines differ, ratios less); the
goal is a ratio of 2.5 for pages with much HTML, 2 for small ones. Bytes are as transferred (brotli).
"""

import argparse
import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import flask_security
import psycopg
import sqlalchemy as sa
from flask import Flask, g, template_rendered
from flask.testing import FlaskClient

import crm
from crm.db import act_as, db
from crm.models import User

RESULTS = Path(__file__).parent / "results"
COUNTED = re.compile(r"^\s*(begin|commit|rollback|savepoint|release|select set_config)", re.IGNORECASE)


def smallest_page() -> Flask:
    """The least that Flask and Jinja can do: a page with one word from its view."""
    floor = Flask("floor")
    page = floor.jinja_env.from_string("<!doctype html><title>floor</title><h1>Hello {{ name }}</h1>")
    floor.add_url_rule("/", "index", lambda: page.render(name="pantry"))
    return floor


def best(acts: Sequence[Callable[[], Any]], rounds: int) -> list[float]:
    """Milliseconds of the fastest of `rounds` calls of each, in turns, after three that are not counted."""
    times: list[list[float]] = [[] for _ in acts]
    for n in range(rounds + 3):
        for act, taken in zip(acts, times, strict=True):
            began = time.perf_counter()
            act()
            if n >= 3:
                taken.append(time.perf_counter() - began)
    return [min(taken) * 1000 for taken in times]


@contextlib.contextmanager
def watched(app: Flask) -> Iterator[tuple[list[tuple[str, Any]], list[tuple[Any, dict[str, Any]]]]]:
    """Statements (text, parameters) and templates (template, context) of what runs in the block."""
    statements: list[tuple[str, Any]] = []
    templates: list[tuple[Any, dict[str, Any]]] = []

    def saw(_conn: Any, _cursor: Any, text: str, parameters: Any, _context: Any, _many: bool) -> None:
        if not COUNTED.match(text):
            statements.append((text, parameters))

    def drew(_app: Flask, template: Any, context: dict[str, Any], **_: Any) -> None:
        # What both tell is asked for when it is needed, and nobody is there to ask after the request.
        person = flask_security.current_user._get_current_object()
        counts = g.get("counts", context["badges"])
        templates.append((template, {**context, "current_user": person, "badges": counts}))

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", saw)
    template_rendered.connect(drew, app)
    try:
        yield statements, templates
    finally:
        sa.event.remove(engine, "before_cursor_execute", saw)
        template_rendered.disconnect(drew, app)


@dataclass(frozen=True)
class Measured:
    """What one page costs, and the parts of its floor, in milliseconds."""

    path: str
    page: float
    sql: float
    html: float
    flask: float
    statements: int
    kib: float

    @property
    def floor(self) -> float:
        return self.sql + self.html + self.flask

    def line(self, name: str = "") -> str:
        """The row of the table."""
        return (
            f"{name or self.path:<34} {self.page:>8.2f} {self.floor:>8.2f} {self.page / self.floor:>6.2f}   "
            f"{self.sql:>6.2f} {self.html:>6.2f} {self.flask:>6.2f}  {self.statements:>4} {self.kib:>7.1f}"
        )


HEAD = f"{'page':<34} {'ms':>8} {'floor':>8} ratio      sql   html  flask  stmt     KiB"


class Bench:
    """The application with somebody signed in, and beside it what makes a floor.

    A benchmark of several books names the one it means.
    """

    def __init__(self, email: str, book: str = "") -> None:
        self.book = book
        if book:
            os.environ["DATABASE_URL"] = os.environ[f"DATABASE_URL_{book.upper()}"]
        self.app = crm.create_app("web")
        # So that a view's context can fill its templates once more.
        db.session.session_factory.configure(expire_on_commit=False)
        self.floor = smallest_page().test_client()
        self.client, self.user_id, self.principal = signed_in(self.app, email)
        with self.app.app_context():
            address = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self.bare = psycopg.connect(address, autocommit=True)
        self.bare.execute("select set_config('app.user_id', %s, false)", [str(self.user_id)])
        self.bare.execute("set role kp_staff")

    def measure(self, path: str, rounds: int, headers: Mapping[str, str] | None = None) -> Measured:
        """What the page at `path` costs against its floor."""
        client = self.client
        client.get(path, headers=headers)  # whatever is built once is built
        with watched(self.app) as (statements, templates):
            answer = client.get(path, headers=headers)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"

        def sql() -> None:
            for text, parameters in statements:
                found = self.bare.execute(text, parameters)
                if found.description:
                    found.fetchall()

        def html() -> None:
            with self.app.test_request_context(path):
                for template, context in templates:
                    template.render(context)

        acts = (lambda: client.get(path, headers=headers), sql, html, lambda: self.floor.get("/"))
        packed = client.get(path, headers={**(headers or {}), "Accept-Encoding": "br"})
        return Measured(path, *best(acts, rounds), len(statements), len(packed.data) / 1024)


def kept(name: str, told: str, lines: Sequence[str]) -> None:
    """Print a table and keep it in benchmarks/results/."""
    table = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {told}\n" + "\n".join(lines) + "\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.txt").write_text(table)
    print(table)


def signed_in(app: Flask, email: str) -> tuple[FlaskClient, int, str]:
    """A client with the session of that person, their number, and the address of the busiest principal."""
    client = app.test_client()
    with app.app_context():
        user = db.session.scalars(sa.select(User).where(User.email == email)).one()
        uniquifier, user_id = user.fs_uniquifier, user.user_id
        act_as(user_id)
        first = db.session.execute(
            sa.text(
                "select organization_id from principal_activity_summary "
                "order by interactions_count desc limit 1"
            )
        ).scalar_one()
    with client.session_transaction() as session:
        session["_user_id"] = uniquifier
        session["_fresh"] = True
    return client, user_id, f"/principals/{first}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=["pages"], default="pages")
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    bench = Bench("nell@pantry.example")
    paths = ("/", "/follow-ups", "/principals", bench.principal, "/interactions/new")
    lines = [HEAD, *(bench.measure(path, options.rounds).line() for path in paths)]
    kept("pages", f"broker book, best of {options.rounds}", lines)


if __name__ == "__main__":
    main()
