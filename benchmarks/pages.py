"""How much each page costs against what it cannot do without.

    benchmarks/run [pages] [--rounds N]

One row a page: the whole request through the application, divided by its floor taken right after it: the
page's own SQL sent bare through psycopg, plus its own template filled from what the view had gathered, plus
the smallest Flask page. Milliseconds are the best round (machines differ, ratios less); the goal is a
ratio of 2.5 for pages with much HTML, 2 for small ones. Bytes are as transferred (brotli).
"""

import argparse
import contextlib
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import flask_security
import psycopg
import sqlalchemy as sa
from flask import Flask, template_rendered
from flask.testing import FlaskClient

import crm
from crm.db import act_as, db
from crm.models import User

RESULTS = Path(__file__).parent / "results" / "pages.txt"
COUNTED = re.compile(r"^\s*(begin|commit|rollback|savepoint|release|select set_config)", re.IGNORECASE)


def smallest_page() -> Flask:
    """The least that Flask and Jinja can do: a page with one word from its view."""
    floor = Flask("floor")
    page = floor.jinja_env.from_string("<!doctype html><title>floor</title><h1>Hello {{ name }}</h1>")
    floor.add_url_rule("/", "index", lambda: page.render(name="pantry"))
    return floor


def best(act: Callable[[], Any], rounds: int) -> float:
    """Milliseconds of the fastest of `rounds` calls, after three that are not counted."""
    for _ in range(3):
        act()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        times.append(time.perf_counter() - began)
    return min(times) * 1000


@contextlib.contextmanager
def watched(app: Flask) -> Iterator[tuple[list[tuple[str, Any]], list[tuple[Any, dict[str, Any]]]]]:
    """Statements (text, parameters) and templates (template, context) of what runs in the block."""
    statements: list[tuple[str, Any]] = []
    templates: list[tuple[Any, dict[str, Any]]] = []

    def saw(_conn: Any, _cursor: Any, text: str, parameters: Any, _context: Any, _many: bool) -> None:
        if not COUNTED.match(text):
            statements.append((text, parameters))

    def drew(_app: Flask, template: Any, context: dict[str, Any], **_: Any) -> None:
        person = flask_security.current_user._get_current_object()  # the proxy is empty after the request
        templates.append((template, {**context, "current_user": person}))

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", saw)
    template_rendered.connect(drew, app)
    try:
        yield statements, templates
    finally:
        sa.event.remove(engine, "before_cursor_execute", saw)
        template_rendered.disconnect(drew, app)


def measure(
    app: Flask, client: FlaskClient, floor: FlaskClient, bare: psycopg.Connection, path: str, rounds: int
) -> str:
    """One line of the table."""
    client.get(path)  # whatever is built once is built
    with watched(app) as (statements, templates):
        answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    template, context = templates[-1]

    def sql() -> None:
        for text, parameters in statements:
            answer = bare.execute(text, parameters)
            if answer.description:
                answer.fetchall()

    def html() -> None:
        with app.test_request_context(path):
            template.render(context)

    page = best(lambda: client.get(path), rounds)
    parts = [best(sql, rounds), best(html, rounds), best(lambda: floor.get("/"), rounds)]
    size = len(client.get(path, headers={"Accept-Encoding": "br"}).data)
    return (
        f"{path:<28} {page:>8.2f} {sum(parts):>8.2f} {page / sum(parts):>6.2f}   "
        f"{parts[0]:>6.2f} {parts[1]:>6.2f} {parts[2]:>6.2f}  {len(statements):>4} {size / 1024:>7.1f}"
    )


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
    app = crm.create_app("web")
    # So that a view's context can fill its template once more.
    db.session.session_factory.configure(expire_on_commit=False)
    floor = smallest_page().test_client()
    client, user_id, principal = signed_in(app, "nell@pantry.example")
    with app.app_context():
        address = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    lines = [f"{'page':<28} {'ms':>8} {'floor':>8} ratio      sql   html  flask  stmt     KiB"]
    with psycopg.connect(address, autocommit=True) as bare:
        bare.execute("select set_config('app.user_id', %s, false)", [str(user_id)])
        bare.execute("set role kp_staff")
        paths = ("/", "/follow-ups", "/principals", principal, "/interactions/new")
        lines.extend(measure(app, client, floor, bare, path, options.rounds) for path in paths)
    table = (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, broker book, best of {options.rounds}\n"
        + "\n".join(lines)
        + "\n"
    )
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(table)
    print(table)


if __name__ == "__main__":
    main()
