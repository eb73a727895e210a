"""The whole timetable: one harmless tick a minute. What is due is decided from rows, never by beat."""

from typing import Any

from crm import clock, services
from crm.tasks import job

TIMETABLE: dict[str, Any] = {
    "tick": {"task": "schedule.tick", "schedule": 60.0, "options": {"expires": 55}},
}


@job()
def tick() -> None:
    services.planning.tick(now=clock.now())
