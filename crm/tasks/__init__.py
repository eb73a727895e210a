"""The other door: what a worker is told to do. A task is a few lines: ids in, one service call, nothing out.

Floor 5. The settings below are chosen so that Celery only ever rings bells (architecture.md §8): the work and
its state are rows, so a message may be lost, doubled or late without harm.
"""

import logging
from collections.abc import Callable
from typing import Any, Final

import structlog
from celery import Task
from celery.signals import beat_init, setup_logging, worker_process_init, worker_shutting_down
from flask import Flask
from kombu import Queue
from sqlalchemy import event

from crm import bell
from crm.config import Settings
from crm.db import SYSTEM, act_as, db, transaction
from crm.tasks import priority

HARD_LIMIT: Final = 120
"""Seconds after which a task is killed. Leases are longer, so the holder of a lease that ran out is dead."""


LONG_LIMIT: Final = 4 * 3600
"""The same for work that is done in steps: it renews its lease with each, and is fenced off once it does
not.
"""

LONGEST_REPORT: Final = 500
"""Characters that Celery is told of a failure."""

log = structlog.get_logger()


class Failed(Exception):
    """What Celery is told of a task that failed: in a few words, for the log has the whole of it."""


class Job(Task):  # type: ignore[misc]
    """A task that runs inside the application, as the system, in one unit of work."""

    abstract = True
    in_one_transaction = True
    """False for work that talks to the network: its service opens short transactions of its own."""

    def __call__(self, *ids: int) -> None:
        app: Flask = self.app.flask
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(
            task=self.name, ids=list(ids), request_id=(self.request.headers or {}).get(bell.REQUEST_ID)
        )
        try:
            with app.app_context():
                act_as(SYSTEM)
                if self.in_one_transaction:
                    with transaction():
                        self.run(*ids)
                else:
                    self.run(*ids)
        except Exception as error:
            log.exception("task failed")
            # With its traceback an error is larger than a pipe holds. A worker that is being stopped reads no
            # more of what its processes report, and waits for them: they must not wait for it as well.
            raise Failed(f"{type(error).__name__}: {error}"[:LONGEST_REPORT]) from None

    def enqueue(self, *ids: int) -> None:
        """Ring for this task once the running unit of work has committed."""
        bell.ring(self.name, *ids)


def job(
    *, in_one_transaction: bool = True, seconds: int = HARD_LIMIT
) -> Callable[[Callable[..., None]], Job]:
    """Make a function a task, named by its module and itself: `mails.send_one`."""

    def decorate(function: Callable[..., None]) -> Job:
        module = function.__module__.rpartition(".")[2]
        made: Job = bell.celery.task(
            base=Job,
            name=f"{module}.{function.__name__}",
            in_one_transaction=in_one_transaction,
            time_limit=seconds,
        )(function)
        return made

    return decorate


def init(app: Flask, settings: Settings) -> None:
    """Give the Celery object its settings, its tasks, and `app` to run them in."""
    from crm.tasks import schedule

    bell.celery.flask = app
    bell.celery.conf.update(_configuration(settings))
    bell.celery.conf.beat_schedule = schedule.TIMETABLE


def _configuration(settings: Settings) -> dict[str, Any]:
    return {
        "broker_url": settings.redis_url,
        "imports": tuple(
            f"crm.tasks.{name}"
            for name in ("backups", "deliveries", "heartbeats", "jobs", "mails", "schedule")
        ),
        # What travels: ids as JSON, one message at a time to each process, acknowledged before the work.
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_acks_late": False,
        "worker_prefetch_multiplier": 1,
        "task_queues": [Queue(name, routing_key=name) for name in ("default", "mail", "work")],
        "task_default_queue": "default",
        "task_routes": {"mails.*": {"queue": "mail"}, "jobs.work_one": {"queue": "work"}},
        # Results are rows of ours.
        "task_ignore_result": True,
        "result_backend": None,
        # Trying again is the tick's, by `next_attempt_at`.
        "task_publish_retry": False,
        "task_time_limit": HARD_LIMIT,
        "task_soft_time_limit": None,
        "worker_concurrency": 2,
        "worker_max_tasks_per_child": 1000,
        "worker_soft_shutdown_timeout": 5.0,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        # A broker that is away is waited for; one that is gone without a word is noticed.
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_connection_timeout": 5,
        "broker_transport_options": {
            "socket_timeout": 30,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "visibility_timeout": 300,
        },
        "timezone": "UTC",
        "beat_schedule_filename": str(settings.data_dir / "beat-schedule"),
        "beat_max_loop_interval": 30,
        "worker_redirect_stdouts": False,
    }


def _forget_connections(**_: Any) -> None:
    """A forked worker process must not share its parent's database connections; its own are as nice as it."""
    priority.lower_session()
    with bell.celery.flask.app_context():
        db.engine.dispose(close=False)
        event.listen(db.engine, "connect", priority.share)


def _hurry(**_: Any) -> None:
    """Who stops the worker waits for it, however busy the machine is."""
    priority.raise_session()


def _tick_at_once(**_: Any) -> None:
    """What fell due while nothing ran is not kept waiting for another minute."""
    bell.publish("schedule.tick")


def _keep_our_logs(loglevel: int | None = None, **_: Any) -> None:
    """Having somebody to ask makes Celery leave the logs as `crm.logs` has set them up.

    A --loglevel that asks for more than LOG_LEVEL is heard.
    """
    root = logging.getLogger()
    root.setLevel(min(root.level, loglevel or root.level))


setup_logging.connect(_keep_our_logs, weak=False)
worker_process_init.connect(_forget_connections, weak=False)
worker_shutting_down.connect(_hurry, weak=False)
beat_init.connect(_tick_at_once, weak=False)
