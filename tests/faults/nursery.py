"""Where the processes of a stack are born: `python -m tests.faults.nursery`.

It reads all of the program once and forks at each order: to read it anew takes a worker seconds, to begin its
work a tenth of that. What is born is a process like any other, with a session, an environment and an end of
its own.

An order is a line of JSON on standard input: the `words` that follow `python`, the `environment`, the `log`,
and perhaps where to write how it `ended`. The answer is its number.
"""

import importlib
import json
import os
import runpy
import signal
import sys
from pathlib import Path
from typing import Any

READ = (
    "celery.bin.celery",
    "celery.apps.worker",
    "celery.apps.beat",
    "crm.cli",
    "crm.tasks.schedule",
    "crm.live",
)


def main() -> None:
    for name in READ:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here: none stays behind as a zombie
    for line in sys.stdin:
        sys.stdout.write(f"{_bear(json.loads(line))}\n")
        sys.stdout.flush()


def _bear(order: dict[str, Any]) -> int:
    """Its number, once it is a session of its own."""
    hearing, saying = os.pipe()
    pid = os.fork()
    if not pid:
        os.setsid()
        os.close(hearing)
        os.close(saying)
        os._exit(_live(order))
    os.close(saying)
    os.read(hearing, 1)
    os.close(hearing)
    return pid


def _live(order: dict[str, Any]) -> int:
    """Be the program that was ordered; its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for target, source in ((0, os.open(os.devnull, os.O_RDONLY)), (1, log), (2, log)):
        os.dup2(source, target)
    sys.stdin = open(0)  # noqa: SIM115 - it stays open as long as the process lives
    os.environ.clear()
    os.environ.update(order["environment"])
    _, module, *sys.argv[1:] = order["words"]
    code = 1
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        if "ended" in order:
            Path(order["ended"]).write_text(str(code))
    return code


if __name__ == "__main__":
    main()
