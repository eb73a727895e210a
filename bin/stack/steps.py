"""What a person sees of a set-up: one line a step, with its time, and the way out of a failure."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StepFailed(Exception):
    """A step that could not be done: why, in one sentence, and what the person can do about it.

    `log` is the file whose last lines tell more; `output` is text to show when there is no such file.
    """

    def __init__(self, why: str, *, way_out: str, log: Path | None = None, output: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.way_out = way_out
        self.log = log
        self.output = output


def say(line: str = "") -> None:
    """Print a line at once, also when the output is a file or a pipe."""
    print(line, flush=True)


@contextmanager
def step(name: str) -> Iterator[list[str]]:
    """Announce a step and, when it is done, its seconds; what is appended to the list is shown beside them.

    A StepFailed passing through learns the name of the step, so that the report at the end can say it.
    """
    begun = time.monotonic()
    remarks: list[str] = []
    on_terminal = sys.stdout.isatty()
    if on_terminal:
        print(f"  ... {name}", end="", flush=True)
    try:
        yield remarks
    except BaseException as failure:
        if on_terminal:
            print("\r", end="")
        if isinstance(failure, StepFailed):
            failure.add_note(name)
            say(f"  FAILED {name}")
        raise
    line = f"{time.monotonic() - begun:5.1f} s  {name}"
    if remarks:
        line += f" ({'; '.join(remarks)})"
    say(f"\r{line}\x1b[K" if on_terminal else line)


def report(failure: StepFailed) -> str:
    """The text that ends a failed start: which step, why, the last lines of its log, and what to do."""
    step_name = failure.__notes__[0] if getattr(failure, "__notes__", None) else "starting"
    lines = ["", f'The step "{step_name}" failed: {failure.why}']
    tail = last_lines(failure.log) if failure.log else failure.output.strip().splitlines()[-40:]
    if tail:
        lines += ["", *(f"    | {line}" for line in tail), ""]
    if failure.log:
        lines.append(f"The whole log: {failure.log}")
    lines.append(f"What to do: {failure.way_out}")
    return "\n".join(lines)


def last_lines(log: Path, count: int = 15) -> list[str]:
    """The last lines of a log file, none when there is no such file."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 16_384))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return text.strip().splitlines()[-count:]
