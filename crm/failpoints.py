"""Points at which a test lets its process die in the middle of work, as a machine does that loses power.

Floor 0: imports nothing of ours. Only a process of the test setting can be armed (`crm.create_app`).
"""

import os
import signal

_armed, _passes = "", 0


def arm(point: str) -> None:
    """Die at this point; `point:3` dies at the third pass. "" disarms."""
    global _armed, _passes
    _armed, _, passes = point.partition(":")
    _passes = int(passes or 1)


def reach(point: str) -> None:
    """A point that can be armed; does nothing elsewhere."""
    global _passes
    if point == _armed:
        _passes -= 1
        if not _passes:
            os.kill(os.getpid(), signal.SIGKILL)
