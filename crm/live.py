"""Pages and live updates at one address: `gunicorn --worker-class asgi "crm.live:make()"`.

Floor 7. Pages go through a2wsgi to the same Flask application that wsgi.py serves alone; /live is a stream of
events that says which rows of which tables were committed, by number and nothing else. The browser then asks
for what it shows anew, as itself. What concerns one person alone is sent to that person alone.

One worker holds one LISTEN connection, however many listen; a listener holds neither a thread nor a
connection.
"""

import asyncio
import contextlib
import math
import random
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs

import psycopg
import structlog
from a2wsgi import WSGIMiddleware
from flask import Flask
from flask_security import current_user
from psycopg.conninfo import make_conninfo
from werkzeug.exceptions import HTTPException

from crm import create_app, flags, frame
from crm.db import KEEP_ALIVE, act_as
from crm.enums import Role
from crm.headers import CONTENT_SECURITY_POLICY
from crm.queries.flags import Switch
from crm.services.presence import CHANNEL, LEFT
from crm.sign_in import session_mark

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

THREADS: Final = 8
"""Pages that one worker makes at a time."""
MOST_LISTENERS: Final = 1_000
"""Of one worker; whoever comes then is told to come back."""
JOINED_FOR = 0.25
"""Seconds that lie at least between two events: a storm of commits is a few waves and not a thousand."""
AT_ONCE = 0.02
"""Seconds that the first change after a quiet while waits for the others of its commit."""
CHECKED_EVERY = 60
"""Seconds after which it is looked whether those who listen still may."""
STILL_HERE = 25
"""Seconds after which a quiet stream says so, or proxies would end it."""
REMEMBERED = 60
"""Seconds for which changes are kept for pages that were made just before their stream was opened."""
MOST_NUMBERS = 50
"""Rows of one table that an event names; beyond that it says `*`."""
LOOKED_AT = ("users:", "feature_flags:")
"""Changes after which it is looked at once whether those who listen still may."""
FEATURE: Final = "live-updates"
POOLED: Final = "DATABASE_URL leads to a pool by transaction; let DATABASE_LIVE_URL lead to PostgreSQL itself"
RESYNC = "resync"
"""Something may have been missed: whatever is shown is to be asked for anew."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Person:
    """Who listens: the number, the key that the session names, what tells this session from others, and
    whether they have live updates at all.
    """

    user_id: int
    key: str
    mark: str
    role: Role = Role.REP
    has_them: bool = True


@dataclass(eq=False)
class Listener:
    """One open stream: what it has still to send, and whether it is over."""

    person: Person
    waiting: list[str] = field(default_factory=list)
    rung: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False

    def tell(self, event: str) -> None:
        """Send this next. A reader so slow that events pile up is told to ask for everything instead."""
        self.waiting = [RESYNC] if len(self.waiting) >= MOST_NUMBERS else [*self.waiting, event]
        self.rung.set()

    def end(self) -> None:
        self.is_over = True
        self.rung.set()


@dataclass(frozen=True)
class Change:
    """One notification: `interactions:12,13`, or `favorites:4@7` for the person 7 alone."""

    kind: str
    numbers: tuple[str, ...]
    person: int | None

    @classmethod
    def parse(cls, payload: str) -> "Change":
        said, _, person = payload.partition("@")
        kind, _, numbers = said.partition(":")
        return cls(kind, tuple(numbers.split(",")), int(person) if person.isdigit() else None)


class Live:
    """The ASGI application of one worker."""

    def __init__(self, flask: Flask, dsn: str) -> None:
        self.flask = flask
        self.dsn = make_conninfo(dsn, **KEEP_ALIVE)
        self.pages = WSGIMiddleware(flask, workers=THREADS)  # type: ignore[arg-type] # Flask says it wider
        self.listeners: set[Listener] = set()
        self.changes: list[Change] = []
        self.flushed_at = -math.inf
        self.recent: deque[tuple[float, Change]] = deque()
        self.whole_since = math.inf
        self.hears = asyncio.Event()
        self.feeding: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.lifespan(receive, send)
        elif scope["type"] == "http" and scope["path"] == "/live" and scope["method"] == "GET":
            await self.stream(scope, receive, send)
        else:
            await self.pages(scope, receive, send)  # type: ignore[arg-type]

    async def lifespan(self, receive: Receive, send: Send) -> None:
        """Listen to the database as long as the worker lives."""
        await receive()
        self.feeding = asyncio.create_task(self.feed())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.feeding.cancel()
        for listener in self.listeners:
            listener.end()
        await send({"type": "lifespan.shutdown.complete"})

    async def feed(self) -> None:
        """Hear what is committed. A connection that is lost is made anew, and everybody told to look."""
        pause = 0.5
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self.dsn, autocommit=True) as connection:
                    if await self.is_shared(connection):
                        log.error("live updates will hear nothing", why=POOLED)
                    await connection.execute(f"listen {CHANNEL}")
                    pause, self.whole_since = 0.5, time.time()
                    self.hears.set()
                    self.tell_all(RESYNC)
                    await self.hear(connection)
            except psycopg.OperationalError as lost:
                log.warning("live updates wait for the database", why=str(lost).strip())
                await asyncio.sleep(pause)
                pause = min(2 * pause, 5)

    async def is_shared(self, connection: "psycopg.AsyncConnection[Any]") -> bool:
        """Whether others get the server's process behind this connection while it says nothing, as a pool by
        transaction has it. May be missed on a pool that is busy; never said of one by session or of none.
        """
        served_by = await process_behind(connection)
        if served_by == connection.info.backend_pid:
            return False  # PostgreSQL itself: a pooler tells a number of its own
        with contextlib.suppress(psycopg.Error, TimeoutError):
            async with asyncio.timeout(5):
                async with await psycopg.AsyncConnection.connect(self.dsn, autocommit=True) as other:
                    return await process_behind(other) == served_by
        return False

    async def hear(self, connection: "psycopg.AsyncConnection[Any]") -> None:
        """Take notifications as they come, and look each minute whether those who listen still may."""
        while True:
            async for notification in connection.notifies(timeout=CHECKED_EVERY):
                self.take(notification.payload)
                if notification.payload.startswith(LOOKED_AT):
                    break
            await self.check(connection)

    def take(self, payload: str) -> None:
        """Keep a change until those around it can go with it; a session that ended ends its streams now."""
        change = Change.parse(payload)
        if change.kind == LEFT:
            for listener in self.listeners:
                if listener.person.mark in change.numbers:
                    listener.end()
            return
        now = time.time()
        self.recent.append((now, change))
        while self.recent[0][0] < now - REMEMBERED:
            self.recent.popleft()
        if not self.changes:
            loop = asyncio.get_running_loop()
            loop.call_at(max(self.flushed_at + JOINED_FOR, loop.time() + AT_ONCE), self.flush)
        self.changes.append(change)

    def flush(self) -> None:
        """Send everybody what they may know of the changes that waited, as one event."""
        changes, self.changes = self.changes, []
        self.flushed_at = asyncio.get_running_loop().time()
        for_all = joined(change for change in changes if change.person is None)
        own = {change.person for change in changes} - {None}
        for listener in self.listeners:
            person = listener.person.user_id
            event = for_all
            if person in own:
                event = joined(change for change in changes if change.person in (None, person))
            if event:
                listener.tell(event)

    def missed(self, person: Person, since: float) -> str:
        """What was told since the moment `since`, when a page was made; `RESYNC` if nobody knows."""
        if since < max(self.whole_since, time.time() - REMEMBERED):
            return RESYNC
        own = (None, person.user_id)
        return joined(change for at, change in self.recent if at >= since and change.person in own)

    def tell_all(self, event: str) -> None:
        for listener in self.listeners:
            listener.tell(event)

    async def check(self, connection: "psycopg.AsyncConnection[Any]") -> None:
        """End the streams of those who do not sign in here any more, in one statement for them all, and of
        those who have no live updates any more.
        """
        keys = sorted({listener.person.key for listener in self.listeners})
        rows = await connection.execute(
            "select fs_uniquifier from users where active and fs_uniquifier = any(%s)", [keys]
        )
        known = {row[0] for row in await rows.fetchall()}
        switch = await asyncio.to_thread(self.switch)
        for listener in self.listeners:
            person = listener.person
            if person.key not in known or not (switch and switch.is_on_for(person.role, person.user_id)):
                listener.end()

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell one browser what changes, until it goes, its person may no longer know, or we stop."""
        if len(self.listeners) >= MOST_LISTENERS:
            return await refuse(send, 503)
        person = await asyncio.to_thread(self.person_of, scope)
        if person is None:
            return await refuse(send, 401)
        if not person.has_them:
            return await refuse(send, 204)
        listener = Listener(person)
        self.listeners.add(listener)
        if missed := self.missed(person, since_of(scope)):
            listener.tell(missed)
        gone = asyncio.create_task(disconnect(receive))
        gone.add_done_callback(lambda _: listener.end())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            # Each browser comes back after a while of its own, or they would all come at once.
            await write(send, f"retry: {random.randint(2_000, 8_000)}\n\n")  # noqa: S311
            while not listener.is_over:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(listener.rung.wait(), STILL_HERE)
                listener.rung.clear()
                events, listener.waiting = listener.waiting, []
                if not listener.is_over:
                    await write(send, "".join(f"data: {event}\n\n" for event in events) or ": still here\n\n")
            if not gone.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (OSError, RuntimeError):
            pass  # the browser went while it was written to
        finally:
            self.listeners.discard(listener)
            gone.cancel()

    def person_of(self, scope: Scope) -> Person | None:
        """Who asks, by the session of a request with these headers; None for nobody who is signed in."""
        wanted = (b"cookie", b"host")
        headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"] if k in wanted]
        with self.flask.test_request_context("/live", headers=headers) as context:
            try:
                context.request.host  # noqa: B018 - raises for a host that is none of ours
                if not current_user.is_authenticated:
                    return None
                act_as(current_user.user_id)
                user, has_them = current_user, flags.is_on(FEATURE)
                return Person(user.user_id, user.fs_uniquifier, session_mark(), user.role, has_them)
            except HTTPException:
                return None

    def switch(self) -> Switch | None:
        """How live updates are switched; None if nobody listens or nobody can say."""
        somebody = next(iter(self.listeners), None)
        if somebody is None:
            return None
        with self.flask.test_request_context("/live"):
            act_as(somebody.person.user_id)
            return frame.switches().get(FEATURE)


HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
]


async def process_behind(connection: "psycopg.AsyncConnection[Any]") -> int:
    """The process of PostgreSQL that answers now."""
    row = await (await connection.execute("select pg_backend_pid()")).fetchone()
    return row[0] if row else 0


def joined(changes: Iterable[Change]) -> str:
    """Many changes in one line: `interactions:12,13 opportunities:*`; "" for none."""
    numbers: dict[str, dict[str, None]] = {}
    for change in changes:
        numbers.setdefault(change.kind, {}).update(dict.fromkeys(change.numbers))
    return " ".join(
        f"{kind}:{'*' if '*' in of_kind or len(of_kind) > MOST_NUMBERS else ','.join(of_kind)}"
        for kind, of_kind in numbers.items()
    )


def since_of(scope: Scope) -> float:
    """The moment that `?since=` names; 0 for none."""
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("since", ["0"])[0]
    return float(asked) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", asked) else 0.0


async def write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def refuse(send: Send, status: int) -> None:
    headers = [(b"content-length", b"0"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def disconnect(receive: Receive) -> None:
    """Return when the browser has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def make() -> Live:
    """The application as a web worker serves it. Raises `config.BadSettings` on a bad environment."""
    flask = create_app("web")
    settings = flask.config["SETTINGS"]
    return Live(flask, settings.database_live_url or settings.database_url)
