"""Ports on the loopback address that nobody listens on."""

import random
import socket

# Below the range from which Linux and macOS take the ports of outgoing connections, so that a remembered
# port is not taken by somebody's browser while the stack is down.
RANGE = range(15_000, 32_000)


def is_free(port: int) -> bool:
    """Whether a server may listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        # The way servers bind: connections of an earlier run that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return not answers(port)


def answers(port: int) -> bool:
    """Whether something accepts connections on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free(preferred: int | None = None) -> int:
    """The preferred port when it is free, else another free one."""
    if preferred and is_free(preferred):
        return preferred
    # The system's randomness: several commands that start in the same moment must not meet on one port.
    return next(port for port in iter(lambda: random.SystemRandom().choice(RANGE), None) if is_free(port))
