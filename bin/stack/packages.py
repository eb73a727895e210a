"""Locked Python packages, installed by uv, which takes a sixth of the time, or by pip where uv cannot.

pip is on every machine and knows its mirror and proxy; uv is itself a package of requirements-build.txt. Both
install only files whose hash is in the lock, so which of them did it makes no difference.
"""

import ast
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from stack.steps import StepFailed

FIRST = "requirements-build.txt"
"""What installs the rest, so pip installs it."""

# The only requirement that exists as source alone. It is built by the setuptools of FIRST, not by whatever
# the registry offers that day.
BUILT_FROM_SOURCE = "flask-principal"
LOCKED = (
    "--require-hashes",
    "--only-binary",
    ":all:",
    "--no-binary",
    BUILT_FROM_SOURCE,
    "--no-build-isolation",
)

NEVER_LOADED = r"/(pip|setuptools|mypy|mypyc)/|/pygments/lexers/"
"""A quarter of all that is installed, and no process of ours reads it, or only its compiled twin."""

IN_UV = {"index-url": "UV_DEFAULT_INDEX", "proxy": "ALL_PROXY", "cert": "SSL_CERT_FILE"}
"""pip's settings that uv must follow, and how uv calls them. Some firms let nothing past their mirror."""


def install(python: Path, files: Sequence[Path]) -> str:
    """Install what these requirements files lock for the environment of `python`; returns "uv" or "pip".

    Raises StepFailed when pip refuses a file.
    """
    for file in files:
        if file.name == FIRST:
            _by_pip(python, file)
    rest = [file for file in files if file.name != FIRST]
    if rest and _by_uv(python, rest):
        return "uv"
    for file in rest:
        _by_pip(python, file)
    return "pip"


def compile_all(python: Path, folder: Path) -> None:
    """Keep byte-code of what is installed in `folder`, which every process would else make for itself. What
    cannot be compiled is nothing of ours, and is told by whoever imports it.
    """
    subprocess.run(
        [python, "-m", "compileall", "-q", "-j", "0", "-x", NEVER_LOADED, folder],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )


def _by_uv(python: Path, files: Sequence[Path]) -> bool:
    """Whether uv could. It says nothing of why not: pip tries the same and says it in its own words."""
    uv = python.with_name("uv")
    settings = _settings_of_pip(python)
    if not uv.exists() or settings.get("no-index"):
        return False
    told = {name: settings[setting] for setting, name in IN_UV.items() if setting in settings}
    command: list[str | Path] = [uv, "pip", "install", "--quiet", "--python", python, *LOCKED]
    for file in files:
        command += ["-r", file]
    done = subprocess.run(
        command, cwd=files[0].parent, env=told | os.environ, capture_output=True, stdin=subprocess.DEVNULL
    )
    return done.returncode == 0


def _settings_of_pip(python: Path) -> Mapping[str, str]:
    """What pip was told in its files and in the environment, which goes before, as "index-url" → "https://…"."""
    listed = subprocess.run([python, "-m", "pip", "config", "list"], capture_output=True, text=True).stdout
    found = {}
    for line in sorted(listed.splitlines(), key=lambda line: line.startswith(":env:.")):
        place, _, value = line.partition("=")
        found[place.rpartition(".")[2]] = str(ast.literal_eval(value))
    return found


def _by_pip(python: Path, file: Path) -> None:
    command: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # Not compiled, which pip does to one file after the other: compile_all has all cores at it.
    command += ["--no-input", "--no-compile", "--use-pep517", *LOCKED, "-r", file]
    done = subprocess.run(
        command, cwd=file.parent, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        raise StepFailed(
            f"pip could not install {file.name}.",
            output=done.stdout,
            way_out="if the lines above speak of the network, check the connection or pip's own settings "
            "(mirror, proxy) and start again; if they speak of hashes, a mirror serves other files than "
            "the locked ones.",
        )
