"""Waiting for what another process does: it can only be asked again and again."""

import time
from collections.abc import Callable


def wait_for(happened: Callable[[], bool], seconds: float = 20, *, every: float = 0.02) -> None:
    """Return as soon as it has happened; fails the test when it has not within these seconds."""
    give_up_at = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < give_up_at, f"it did not happen within {seconds} s"
        time.sleep(every)
