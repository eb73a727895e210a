"""The checkout's own Python environment, `.venv`, made from the hash-locked requirements.

A requirements file is installed again only when its text, the Python version or the place of the checkout
has changed; otherwise making the environment costs one small read. Several commands may start at once in
one checkout: the first one builds, the others wait for it.
"""

import fcntl
import hashlib
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack import packages
from stack.steps import StepFailed, step

CHECKOUT = Path(__file__).resolve().parent.parent.parent
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"

TO_RUN = ("requirements-build.txt", "requirements.txt", "requirements-embedded.txt")
TO_TEST = (*TO_RUN, "requirements-dev.txt")


def enter(files: tuple[str, ...]) -> None:
    """Make `.venv` hold these requirements, then go on inside it: the running command starts again there."""
    make(files)
    if Path(sys.prefix) != VENV:
        os.environ["PATH"] = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
        os.execv(PYTHON, [str(PYTHON), *sys.argv])


def make(files: tuple[str, ...]) -> None:
    """Bring `.venv` up to these requirements files; does nothing when it is there already.

    Raises StepFailed when this Python is too old or cannot make environments, or pip refuses a file.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 - this is where that promise is checked
        raise StepFailed(
            f"this is Python {sys.version.split()[0]}, and KitchenPantry CRM needs 3.11 or later.",
            way_out="install a newer Python and start this command with it, for example: python3.12 bin/up",
        )
    if not outdated(files):
        return
    with alone("environment"):
        changed = outdated(files)
        if not changed:
            return
        with step("Python environment") as remarks:
            if not PYTHON.exists() or not _works():
                python = quickest()
                _create(python)
                remarks.append(f"of {python}")
            by = packages.install(PYTHON, [CHECKOUT / file for file in changed])
            packages.compile_all(PYTHON, VENV / "lib")
            for file in changed:
                _stamp_file(file).write_text(_stamp(file))
            remarks.append(f"{len(changed)} requirements file{'s' if len(changed) > 1 else ''} by {by}")


def outdated(files: tuple[str, ...]) -> list[str]:
    """Those of these requirements files that `.venv` was not made from as they are now."""
    return [file for file in files if not PYTHON.exists() or _stamp(file) != _remembered(file)]


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Wait until no other command of this checkout is doing the thing of this name, then do it alone."""
    locks = CHECKOUT / ".data"
    locks.mkdir(exist_ok=True, mode=0o711)
    with (locks / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _stamp(file: str) -> str:
    facts = f"{CHECKOUT}\n{sys.version_info[:2]}\n{sys.platform}\n".encode()
    return hashlib.sha256(facts + (CHECKOUT / file).read_bytes()).hexdigest()


def _stamp_file(file: str) -> Path:
    return VENV / f".installed-{file}.sha256"


def _remembered(file: str) -> str:
    try:
        return _stamp_file(file).read_text()
    except FileNotFoundError:
        return ""


def _works() -> bool:
    return subprocess.run([PYTHON, "-c", "import pip"], capture_output=True).returncode == 0


def quickest() -> Path:
    """The Python to make the environment of: that which runs this, or another of the same version that the
    machine has, where that is quicker by more than a tenth.

    One that was built without its optimisations, as version managers do, takes a quarter longer for a page.
    """
    # Behind the links, so that an environment is never made from inside another one.
    ours = Path(sys.executable).resolve()
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    places = [*os.environ.get("PATH", "").split(os.pathsep), "/usr/local/bin", "/usr/bin"]
    there = {Path(place) / name for place in places if os.access(Path(place) / name, os.X_OK)}
    others = {_behind(python) for python in there} - {ours, None}
    times = {python: _against(python, ours) for python in others if python}
    best = min(times, key=times.__getitem__, default=ours)
    return best if times.get(best, 1) < 0.9 else ours


def _behind(python: Path) -> Path | None:
    """The program itself, where this is a link to it or a version manager's stand-in; None for one of another
    version, and for one that cannot make environments.
    """
    version, _, program = _said(python, WHO).partition(" ")
    is_same = version == ".".join(map(str, sys.version_info[:2]))
    return Path(program.rstrip("\n")).resolve() if is_same else None


def _against(other: Path, ours: Path) -> float:
    """How long `other` takes for what `ours` does in one second; for ever where it breaks.

    The middle one of five turns: a machine may be slow for a moment.
    """
    turns = [(float(_said(one, SOME_WORK) or "inf") for one in (other, ours)) for _ in range(5)]
    return statistics.median(theirs / took for theirs, took in turns)


def _said(python: Path, program: str) -> str:
    """What this prints in that Python; nothing when it fails."""
    try:
        done = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


WHO = """
import ensurepip, sys, venv
print(f"{sys.version_info[0]}.{sys.version_info[1]}", sys.executable)
"""
SOME_WORK = """
import time
class Row:
    def __init__(self, number): self.number, self.words = number, {}
    def say(self, word): self.words[word] = f"{word} {self.number}"
def work():
    begun = time.perf_counter()
    for number in range(20_000):
        row = Row(number)
        for word in ("name", "place", "due"): row.say(word)
        sorted(row.words.values())
    return time.perf_counter() - begun
print(min(work() for _ in range(3)))
"""


def _create(python: Path) -> None:
    try:
        import ensurepip  # noqa: F401 - Debian ships Python without it
        import venv  # noqa: F401
    except ImportError:
        raise StepFailed(
            "this Python cannot make environments.",
            way_out=f"on Debian and Ubuntu: apt install python3-venv, for {sys.executable}; then once more.",
        ) from None
    done = subprocess.run(
        [python, "-m", "venv", "--clear", "--symlinks", VENV],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise StepFailed(
            f"{python} could not make an environment in {VENV}.",
            output=done.stdout,
            way_out="if the lines above tell of no way out, start this command with another Python.",
        )
