"""A Chromium for the browser tests: the one of $CHROMIUM, the machine's, or one from a Node package."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from stack.environment import CHECKOUT
from stack.steps import StepFailed

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PACKAGE = CHECKOUT / "node_modules" / "@sparticuz" / "chromium"


@dataclass(frozen=True)
class Browser:
    """A program and the arguments it cannot do without on this machine."""

    program: Path
    arguments: tuple[str, ...]


def find() -> Browser | None:
    """The browser to test with; None when there is none (with CI=true the browser tests then fail).

    Raises StepFailed when $CHROMIUM names no program.
    """
    # As root, and in most containers, the kernel gives Chromium's sandbox no room.
    arguments = ("--no-sandbox",) if os.geteuid() == 0 or os.environ.get("CI") == "true" else ()
    if named := os.environ.get("CHROMIUM"):
        program = shutil.which(named)
        if program is None:
            raise StepFailed(
                f"CHROMIUM is set to {named}, which is no program.", way_out="mend it, or unset it."
            )
        return Browser(Path(program), tuple(os.environ.get("CHROMIUM_ARGS", " ".join(arguments)).split()))
    for name in NAMES:
        if program := shutil.which(name):
            return Browser(Path(program), arguments)
    if (PACKAGE / "package.json").exists():
        return Browser(_unpacked(), ("--no-sandbox", "--single-process", "--no-zygote"))
    return None


def _unpacked() -> Path:
    raise NotImplementedError
