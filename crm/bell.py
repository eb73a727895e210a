"""The bell: tells the workers that a row waits.

Floor 1, beside the database handle. The row is the work; a bell that nobody hears (Redis away, flushed or
frozen) costs at most a minute, because the tick rings again for every row that still waits. So publishing is
bounded to about a second, and its failure is logged and swallowed.
"""

import time
from dataclasses import dataclass
from typing import Any, Final

import structlog
from celery import Celery
from kombu import Connection
from kombu.exceptions import OperationalError
from kombu.pools import producers
from redis import Redis
from redis.exceptions import RedisError

from crm.db import after_commit

SOCKET_SECONDS: Final = 0.4
"""One answer of Redis; publishing needs two at most, so that it stays within a second."""
LOOK_SECONDS: Final = 3.0
"""One answer where somebody only looks: a machine that was busy for a moment must wake nobody up."""
QUIET_SECONDS: Final = 5.0
"""How long a process rings no more after a bell that was not heard: one wait, not one for each row."""

ROUND_SECONDS: Final = 5.0
"""How long a worker works off letters that wait before it hears other bells."""
ROUNDS: Final = 12
"""So often it rings for itself then, if some are left: a minute, after which the tick does so again."""

QUEUES: Final = ("default", "mail", "work")
"""Every queue there is; work of minutes must not delay a letter."""
REQUEST_ID: Final = "kp_request_id"
"""Under this name a bell carries the id of the request that rang it, so that log lines can be put
together.
"""

celery = Celery("kitchenpantry", set_as_current=False)
"""The Celery object; `crm.tasks.init` gives it its settings and its tasks."""

log = structlog.get_logger()

_PUBLISHING = {
    "socket_timeout": SOCKET_SECONDS,
    "socket_connect_timeout": SOCKET_SECONDS,
    "socket_keepalive": True,
    "max_connections": 20,
    "max_retries": 0,  # else kombu tries for several seconds to connect
}
_quiet_until = 0.0


def ring(task: str, *ids: int) -> None:
    """Once the running unit of work has committed, tell the workers to do `task` with these ids."""
    after_commit(lambda: publish(task, *ids))


def ring_again(task: str, rounds: int) -> None:
    """Ring for what is left of work in rounds, unless this was the last of them."""
    if rounds > 1:
        ring(task, rounds - 1)


def publish(task: str, *ids: int) -> None:
    """Tell the workers now. Returns within about a second, whether or not anybody could be told."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    try:
        _send(task, ids)
    except (OperationalError, RedisError, OSError) as error:
        _quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning("bell not heard", task=task, error=repr(error))


def _send(task: str, ids: tuple[int, ...]) -> None:
    connection = Connection(celery.conf.broker_url, transport_options=_PUBLISHING)
    with producers[connection].acquire(block=True, timeout=SOCKET_SECONDS) as producer:
        request_id = structlog.contextvars.get_contextvars().get("request_id")
        celery.send_task(
            task,
            args=list(ids),
            producer=producer,
            retry=False,
            ignore_result=True,
            queue=_queue_of(task),
            headers={REQUEST_ID: request_id} if request_id else None,
        )


def _queue_of(task: str) -> str | None:
    """The queue that a sign of life is asked from; None = where its kind of work goes."""
    kind, _, name = task.rpartition(".")
    return name if kind == "heartbeats" else None


@dataclass(frozen=True)
class Broker:
    """How Redis is, as far as it answers."""

    depths: dict[str, int]
    """Bells that wait in each queue."""
    used: int
    most: int
    """Bytes it holds and may hold; `most` is 0 where it may hold anything."""


def look() -> Broker:
    """Ask Redis how it is. Raises `RedisError` or `OSError` if an answer takes longer than LOOK_SECONDS."""
    with Redis.from_url(
        celery.conf.broker_url, socket_timeout=LOOK_SECONDS, socket_connect_timeout=LOOK_SECONDS
    ) as broker:
        memory: dict[str, Any] = broker.info("memory")
        depths = {queue: int(broker.llen(queue)) for queue in QUEUES}
        return Broker(depths, int(memory["used_memory"]), int(memory.get("maxmemory") or 0))
