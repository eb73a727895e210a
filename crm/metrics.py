"""Figures for Prometheus: requests as they are answered, and what `watch` finds when it is asked.

Floor 5. With PROMETHEUS_MULTIPROC_DIR set, every process of the web counts into a file of its own there, and
whichever is asked adds them up.
"""

import os
import time
from collections.abc import Iterable

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

from crm.queries.ops import Sign

REQUESTS = Counter("pantry_requests", "Requests answered", ("method", "endpoint", "status"))
SECONDS = Histogram(
    "pantry_request_seconds", "Time to answer", ("endpoint",),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip


def init(app: Flask) -> None:
    """Count every answer of `app` that is not a file."""

    @app.before_request
    def _begin() -> None:
        g.measured_from = time.monotonic()

    @app.after_request
    def _count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        if endpoint != "static" and "measured_from" in g:
            REQUESTS.labels(request.method, endpoint, str(response.status_code)).inc()
            SECONDS.labels(endpoint).observe(time.monotonic() - g.measured_from)
        return response


def page(signs: Iterable[Sign]) -> bytes:
    """All figures, in the text that Prometheus reads."""
    counted: CollectorRegistry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    seen = CollectorRegistry()
    seen.register(_Seen(list(signs)))
    return generate_latest(counted) + generate_latest(seen)


class _Seen(Collector):
    """What was looked at, as gauges; what is not known is left out."""

    def __init__(self, signs: list[Sign]) -> None:
        self.signs = signs

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for sign in self.signs:
            if sign.figure is not None:
                yield GaugeMetricFamily(f"pantry_{sign.name}", sign.label, value=sign.figure)
        red = sum(sign.is_red for sign in self.signs)
        yield GaugeMetricFamily("pantry_red_signs", "Things that want somebody", value=red)
