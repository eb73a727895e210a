"""Who runs a server when root starts the stack: PostgreSQL refuses to run as root."""

import os
import pwd
import subprocess
from pathlib import Path
from typing import TypedDict


class RunAs(TypedDict, total=False):
    """Arguments for subprocess that make it another account's; empty when we stay who we are."""

    user: int
    group: int
    extra_groups: list[int]


def for_servers() -> RunAs:
    """The account for PostgreSQL: ourselves, or as root `postgres` where it exists and else `nobody`."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    raise LookupError("this machine has neither an account postgres nor an account nobody")


def can_enter(folder: Path, who: RunAs) -> bool:
    """Whether that account gets into the folder, asked by trying it (modes, ACLs and mounts all count)."""
    if not who:
        return os.access(folder, os.R_OK | os.X_OK)
    tried = subprocess.run(
        ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], cwd="/", capture_output=True, **who
    )
    return tried.returncode == 0


def can_run(program: Path, who: RunAs) -> bool:
    """Whether that account can start the program, asked by starting it with --version."""
    try:
        return subprocess.run([program, "--version"], cwd="/", capture_output=True, **who).returncode == 0
    except PermissionError:
        return False


def give(path: Path, who: RunAs) -> None:
    """Make that account the owner of one file or folder (and of nothing else)."""
    if who:
        os.chown(path, who["user"], who["group"])


def name_of(who: RunAs) -> str:
    """The account's name, for messages."""
    return pwd.getpwuid(who["user"] if who else os.geteuid()).pw_name
