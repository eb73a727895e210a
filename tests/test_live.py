"""Live updates at the server: who is told what, how soon, and what happens when something breaks."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

import crm
from crm.db import db
from crm.live import Listener, Live
from crm.live import Person as Known
from tests import databases
from tests.browser.book import Book, write_book
from tests.databases import Database

Story = Callable[[Live, "Browser"], Awaitable[None]]

SOON = 5.0
"""Seconds that a test waits for what must come; how soon it comes is told where that is the point."""


@dataclass
class Browser:
    """One event stream, as a browser has it open."""

    live: Live
    cookie: str
    said: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)
    status: int = 0
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    over: "asyncio.Task[None] | None" = None

    async def open(self, since: float = 0.0) -> "Browser":
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/live",
            "query_string": f"since={since}".encode(),
            "headers": [(b"host", b"localhost"), (b"cookie", self.cookie.encode())],
        }
        self.over = asyncio.create_task(self.live(scope, self._receive, self._send))
        await self.next()
        return self

    async def _receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.said.put_nowait(message["body"].decode())

    async def next(self) -> str:
        """What is said next, without the marks of the format."""
        text = await asyncio.wait_for(self.said.get(), SOON)
        return "\n".join(line.removeprefix("data: ") for line in text.splitlines() if line)

    async def ended(self) -> None:
        assert self.over is not None
        await asyncio.wait_for(self.over, SOON)


@dataclass
class House:
    """An application over a database with real commits, and two people who are signed in."""

    database: Database
    book: Book
    flask: crm.Flask
    rep: FlaskClient
    manager: FlaskClient

    def play(self, story: Callable[[Live], Awaitable[None]]) -> None:
        """Run `story` beside a worker's feed."""

        async def run() -> None:
            live = Live(self.flask, self.database.url("web"))
            live.feeding = asyncio.create_task(live.feed())
            await asyncio.wait_for(live.hears.wait(), SOON)
            try:
                await story(live)
            finally:
                live.feeding.cancel()
                with suppress(asyncio.CancelledError):
                    await live.feeding
                for listener in list(live.listeners):
                    listener.end()

        # A thread of its own, for the browser tests leave a running loop in this one.
        with ThreadPoolExecutor(1) as own:
            own.submit(lambda: asyncio.run(run())).result()

    def commit(self, statement: str, *values: object) -> None:
        with psycopg.connect(self.database.url("test"), autocommit=True) as connection:
            connection.execute("set role kp_owner")
            connection.execute(statement, values)


@pytest.fixture(scope="module")
def house(template: Database, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with databases.clone(template, f"live_{worker_id}") as copy:
        book = write_book(copy)
        settings = copy.settings("web", data_dir=tmp_path_factory.mktemp("live"))
        flask = contextvars.Context().run(crm.create_app, "web", settings)
        rep, manager = flask.test_client(), flask.test_client()
        with psycopg.connect(copy.url("superuser")) as connection:
            keys = dict(connection.execute("select email, fs_uniquifier from users").fetchall())
        for client, email in ((rep, book.rep), (manager, book.manager)):
            with client.session_transaction() as session:
                session.update(_user_id=keys[email], _fresh=True, fs_cc="set", csrf_token=f"token of {email}")
        yield House(copy, book, flask, rep, manager)
        with flask.app_context():
            db.engine.dispose()


def browser(live: Live, client: FlaskClient | None) -> Browser:
    cookie = client.get_cookie("session") if client else None
    return Browser(live, f"session={cookie.value}" if cookie else "")


def test_what_is_committed_is_told_within_a_second_by_number_and_nothing_else(house: House) -> None:
    async def story(live: Live) -> None:
        seen = await browser(live, house.rep).open(since=live.whole_since + 1)
        begun = asyncio.get_running_loop().time()
        note = "update interactions set notes = 'A secret of the kitchen' where interaction_id in (1, 2)"
        await asyncio.to_thread(house.commit, note)
        assert await seen.next() in ("interactions:1,2", "interactions:2,1")
        assert asyncio.get_running_loop().time() - begun < 1

    house.play(story)


def test_changes_that_come_close_together_are_one_event(house: House) -> None:
    async def story(live: Live) -> None:
        seen = await browser(live, house.rep).open(since=live.whole_since + 1)
        change = "update interactions set location = 'Here'; update organizations set city = 'Port' where {}"
        await asyncio.to_thread(house.commit, change.format("organization_id = 1"))
        assert await seen.next() == "interactions:* organizations:1"

    house.play(story)


def test_what_is_one_persons_is_told_to_that_person_alone(house: House) -> None:
    async def story(live: Live) -> None:
        mine = await browser(live, house.rep).open(since=live.whole_since + 1)
        others = await browser(live, house.manager).open(since=live.whole_since + 1)
        await asyncio.to_thread(
            house.commit,
            "insert into favorites (user_id, kind, record_id) "
            "select user_id, 'contact', 1 from users where email = %s",
            house.book.rep,
        )
        assert await mine.next() == "favorites:1"
        await asyncio.to_thread(
            house.commit,
            "insert into notifications (user_id, kind, subject, link) "
            "select user_id, 'test', 'An export is ready', '/jobs' from users where email = %s",
            house.book.rep,
        )
        assert await mine.next() == "notifications:1"
        await asyncio.to_thread(house.commit, "update contacts set position = 'Baker' where contact_id = 1")
        assert await others.next() == "contacts:1"

    house.play(story)


def test_a_connection_that_is_killed_comes_back_and_everybody_looks_again(house: House) -> None:
    async def story(live: Live) -> None:
        seen = await browser(live, house.rep).open(since=live.whole_since + 1)
        with psycopg.connect(house.database.url("superuser"), autocommit=True) as admin:
            killed = admin.execute(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity "
                "where datname = current_database() and query ilike 'listen %'"
            ).fetchone()
        assert killed == (1,)
        assert await seen.next() == "resync"
        await asyncio.to_thread(house.commit, "update contacts set position = 'Chef' where contact_id = 1")
        assert await seen.next() == "contacts:1"

    house.play(story)


def test_a_page_hears_what_was_committed_before_its_stream_was_open(house: House) -> None:
    async def story(live: Live) -> None:
        first = await browser(live, house.rep).open(since=live.whole_since + 1)
        made_at = live.whole_since + 0.001
        await asyncio.to_thread(house.commit, "update contacts set position = 'Cook' where contact_id = 1")
        await first.next()
        late = await browser(live, house.rep).open(since=made_at)
        assert await late.next() == "contacts:1"
        older = await browser(live, house.rep).open(since=made_at - 100)
        assert await older.next() == "resync"

    house.play(story)


def test_signing_out_ends_every_stream_of_that_session_and_no_other(house: House) -> None:
    async def story(live: Live) -> None:
        two_tabs = [await browser(live, house.rep).open() for _ in range(2)]
        other = await browser(live, house.manager).open()
        answer = await asyncio.to_thread(house.rep.post, "/logout")
        assert answer.status_code == 302
        for tab in two_tabs:
            await tab.ended()
        assert other.over is not None
        assert not other.over.done()

    house.play(story)
    with house.rep.session_transaction() as session, psycopg.connect(house.database.url("superuser")) as at:
        key = at.execute("select fs_uniquifier from users where email = %s", [house.book.rep]).fetchone()
        session.update(_user_id=key[0] if key else "", _fresh=True, fs_cc="set")


def test_who_is_switched_off_hears_no_more(house: House) -> None:
    async def story(live: Live) -> None:
        seen = await browser(live, house.manager).open()
        await asyncio.to_thread(
            house.commit, "update users set active = false where email = %s", house.book.manager
        )
        await seen.ended()

    try:
        house.play(story)
    finally:
        house.commit("update users set active = true where email = %s", house.book.manager)


def test_where_live_updates_are_switched_off_streams_end_at_once_and_none_begins(house: House) -> None:
    switch = "select set_feature_flag('live-updates', %s, '{}', '{}', 0)"

    async def story(live: Live) -> None:
        seen = await browser(live, house.manager).open()
        await asyncio.to_thread(house.commit, switch, False)
        await seen.ended()
        assert (await browser(live, house.manager).open()).status == 204

    try:
        house.play(story)
    finally:
        house.commit(switch, True)


def test_strangers_and_those_for_whom_there_is_no_room_are_sent_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(live: Live) -> None:
        assert (await browser(live, None).open()).status == 401
        monkeypatch.setattr("crm.live.MOST_LISTENERS", 0)
        assert (await browser(live, house.rep).open()).status == 503

    house.play(story)


def test_a_browser_that_goes_is_forgotten(house: House) -> None:
    async def story(live: Live) -> None:
        seen = await browser(live, house.rep).open()
        seen.gone.set()
        await seen.ended()
        assert live.listeners == set()

    house.play(story)


def test_a_reader_that_is_too_slow_is_told_to_ask_for_everything() -> None:
    listener = Listener(Known(1, "key", "mark"))
    for n in range(60):
        listener.tell(f"contacts:{n}")
    assert listener.waiting[0] == "resync"
    assert len(listener.waiting) < 50


def test_without_live_updates_the_address_says_that_asking_again_is_no_use(house: House) -> None:
    assert house.rep.get("/live").status_code == 204


def test_live_updates_listen_past_a_pool_where_an_address_of_their_own_is_set(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, past_it = house.database.url("web"), house.database.url("web") + "?application_name=listens"
    settings = house.database.settings("web")
    for name in ("secret_key", "redis_url", "log_level", "pantry_env"):
        monkeypatch.setenv(name.upper(), getattr(settings, name))
    monkeypatch.setenv("DATABASE_URL", pool)
    assert "application_name" not in contextvars.Context().run(crm.live.make).dsn
    monkeypatch.setenv("DATABASE_LIVE_URL", past_it)
    live = contextvars.Context().run(crm.live.make)
    assert "application_name=listens" in live.dsn
    assert "application_name" not in live.flask.config["SQLALCHEMY_DATABASE_URI"]
