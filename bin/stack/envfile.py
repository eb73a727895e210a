"""DIR/env: the settings of the stack that lives in a data folder, as KEY='value' lines.

Only its owner may read it, for it holds every password. A shell can read it, too: `set -a; . .data/env`.
"""

import os
import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path

from stack.environment import CHECKOUT
from stack.steps import StepFailed

DEFAULT_DIR = CHECKOUT / ".data"


def read(folder: Path) -> dict[str, str]:
    """The settings kept in the folder; none when there is no file."""
    try:
        text = (folder / "env").read_text()
    except FileNotFoundError:
        return {}
    return dict(pair.split("=", 1) for pair in shlex.split(text, comments=True) if "=" in pair)


def write(folder: Path, settings: Mapping[str, str]) -> None:
    """Replace the settings at once and for good: a kill in between leaves the old ones."""
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".env-")  # mode 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(
            "# Written by bin/up at each start; change a value in the environment of bin/up instead.\n"
        )
        file.writelines(f"{key}={shlex.quote(value)}\n" for key, value in settings.items())
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(folder / "env")


def of_running_stack(folder: Path | None = None) -> dict[str, str]:
    """The settings for a command beside a stack: $PANTRY_DATA or .data when no folder is named.

    Raises StepFailed when no stack was ever started there.
    """
    chosen = folder or Path(os.environ.get("PANTRY_DATA") or DEFAULT_DIR)
    settings = read(chosen)
    if not settings:
        raise StepFailed(
            f"there are no settings in {chosen}: no stack was started there yet.",
            way_out="start bin/up once, or set PANTRY_DATA to the folder that was given to bin/up --data.",
        )
    return settings
