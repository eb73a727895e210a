"""Looking after the whole: the database, Redis and the mail server beside what the rows tell.

Floor 5. /ops, /metrics and `flask doctor` show what `look` finds.
"""

import hmac
import time
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app, request
from redis.exceptions import RedisError

from crm import bell, mail, queries
from crm.config import Settings
from crm.queries.ops import Sign

MOST_WAITING = 1000
"""Bells that wait in a queue before somebody should look."""


def look(*, now: datetime, is_deep: bool = True) -> list[Sign]:
    """Everything that is looked at. `is_deep` also knocks at the mail server, which may take seconds."""
    found = _database(now)
    found += _broker()
    if is_deep:
        found.append(_mail_server())
    return found


def has_token() -> bool:
    """True for a machine that brings the token of OPS_TOKEN, as `Authorization: Bearer …`."""
    settings: Settings = current_app.config["SETTINGS"]
    brought = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return settings.ops_token is not None and hmac.compare_digest(
        brought.encode(), settings.ops_token.encode()
    )


def _database(now: datetime) -> list[Sign]:
    begun = time.monotonic()
    try:
        used, most = queries.ops.connections()
        took = time.monotonic() - begun
        rows = queries.ops.signs(now=now, queues=bell.QUEUES)
    except sa.exc.SQLAlchemyError as error:
        way_out = "Start PostgreSQL and look into its log; the application comes back by itself."
        return [Sign("database_up", "Database", type(error).__name__, 0.0, True, way_out)]
    return [
        Sign("database_up", "Database", f"answers in {took * 1000:.0f} ms", 1.0, False),
        Sign("database_connections", "Connections", f"{used} of {most}", float(used), used > 0.9 * most,
             "Fewer processes, or a higher max_connections."),
        *rows,
    ]  # fmt: skip


def _broker() -> list[Sign]:
    try:
        state = bell.look()
    except (RedisError, OSError) as error:
        way_out = "Start Redis. Until then the tick is not heard; nothing is lost."
        return [Sign("redis_up", "Redis", type(error).__name__, 0.0, True, way_out)]
    full = state.most and state.used > 0.9 * state.most
    of = f" of {state.most >> 20:,}" if state.most else ""
    return [
        Sign("redis_up", "Redis", "answers", 1.0, False),
        Sign("redis_used_bytes", "Redis memory", f"{state.used >> 20:,}{of} MB", float(state.used),
        bool(full), "It holds bells only: flush it, or give it more."),
        *(
            Sign(f"queue_{queue}_depth", f"Queue {queue}, waiting", f"{depth:,}", float(depth),
                 depth > MOST_WAITING, f"Add a worker with `--queues {queue}`.")
            for queue, depth in state.depths.items()
        ),
    ]  # fmt: skip


def _mail_server() -> Sign:
    trouble = mail.trouble()
    way_out = "Look into the log of the mail server, and at SMTP_URL. Letters wait and are tried again."
    return Sign(
        "mail_server_up", "Mail server", trouble or "answers", float(not trouble), bool(trouble), way_out
    )


def as_json(signs: list[Sign]) -> dict[str, Any]:
    """What a machine is told."""
    return {
        "well": queries.ops.is_well(signs),
        "signs": [
            {"name": one.name, "said": one.said, "value": one.figure, "red": one.is_red}
            | ({"do": one.way_out} if one.is_red else {})
            for one in signs
        ],
    }
