"""Structured logs: one JSON object a line on standard error, with the request's id and never a note's text.

Floor 0: imports nothing of ours.
"""

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_ROW = re.compile(
    r"(Failing row contains |Key )\(.*?(?=\n\[SQL|\n\(Background|\nThe above|\nTraceback|\Z)", re.DOTALL
)


def init(level: str) -> None:
    """Send structlog's and the standard library's records of at least `level` to standard error as JSON."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _without_rows,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=structlog.processors.JSONRenderer(default=str), foreign_pre_chain=shared
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)


def _without_rows(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """PostgreSQL quotes the row that a rule refused; what people wrote stays out of the logs."""
    return {
        name: _ROW.sub(r"\1(…)", value) if isinstance(value, str) else value for name, value in event.items()
    }
