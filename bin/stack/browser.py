"""A Chromium for the browser tests: the one of $CHROMIUM, the machine's own, or one from a Node package."""

import importlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stack import assets
from stack.environment import CHECKOUT, alone
from stack.steps import StepFailed, step

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LOCK = Path(__file__).with_name("chromium")
PLACE = CHECKOUT / ".data" / "chromium"

# The kernel often gives Chromium's sandbox no room: never as root, seldom in a container. The pages that
# these browsers open are our own.
WITHOUT_SANDBOX = ("--no-sandbox",)
# For machines that forbid even the processes it would start; it cannot have two windows at once then.
ALONE = ("--no-sandbox", "--single-process", "--no-zygote")


@dataclass(frozen=True)
class Browser:
    """A program and the arguments it cannot do without on this machine."""

    program: Path
    arguments: tuple[str, ...]


def find() -> Browser | None:
    """The browser to test with; None when there is none (with CI=true the browser tests then fail).

    Raises StepFailed when $CHROMIUM names no program, or the package cannot be installed or does not render.
    """
    if named := os.environ.get("CHROMIUM"):
        program = shutil.which(named)
        if program is None:
            raise StepFailed(
                f"CHROMIUM is set to {named}, which is no program.", way_out="mend it, or unset it."
            )
        return Browser(Path(program), tuple(os.environ.get("CHROMIUM_ARGS", WITHOUT_SANDBOX[0]).split()))
    for name in NAMES:
        if program := shutil.which(name):
            return Browser(Path(program), WITHOUT_SANDBOX)
    if sys.platform == "linux" and platform.machine() == "x86_64":
        return from_package()
    return None


def from_package() -> Browser:
    """The Chromium of the package @sparticuz/chromium, installed and unpacked on the first call."""
    with alone("chromium"):
        answer = PLACE / "arguments"
        if not answer.exists() or (PLACE / "package-lock.json").read_bytes() != _lock():
            with step("Chromium for the browser tests"):
                _install()
                _unpack(PLACE / "node_modules" / "@sparticuz" / "chromium" / "bin")
                answer.write_text(" ".join(_arguments_that_render()))
    return Browser(PLACE / "chromium", tuple(answer.read_text().split()))


def _lock() -> bytes:
    return (LOCK / "package-lock.json").read_bytes()


def _install() -> None:
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    for file in (LOCK / "package.json", LOCK / "package-lock.json", CHECKOUT / ".npmrc"):
        shutil.copy(file, PLACE)
    done = subprocess.run(
        [*assets.npm(), "ci", "--no-progress", "--loglevel=error"],
        cwd=PLACE,
        env=assets.environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise StepFailed(
            "npm could not install the package @sparticuz/chromium.",
            output=done.stdout,
            way_out="install a Chromium yourself (apt install chromium), or set CHROMIUM to one you have.",
        )


def _unpack(packed: Path) -> None:
    """Make PLACE/chromium, a program that brings its fonts and, where the machine has none, its libraries."""
    brotli = importlib.import_module("brotli")  # in the environment, not in the Python that starts bin/test
    program = PLACE / "unpacked" / "chromium"
    program.parent.mkdir()
    program.write_bytes(brotli.decompress((packed / "chromium.br").read_bytes()))
    program.chmod(0o755)
    for name in ("al2023", "fonts", "swiftshader"):
        archive = io.BytesIO(brotli.decompress((packed / f"{name}.tar.br").read_bytes()))
        with tarfile.open(fileobj=archive) as tar:
            # Python before 3.11.4 knows no filter; what is in there is locked by its hash.
            how: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            tar.extractall(program.parent / name, **how)  # noqa: S202  # nosec B202
    fonts = program.parent / "fonts.conf"
    places = ("/usr/share/fonts", "/usr/local/share/fonts", program.parent / "fonts")
    fonts.write_text(
        f"<fontconfig>{''.join(f'<dir>{place}</dir>' for place in places)}"
        f"<cachedir>{program.parent / 'fonts-cache'}</cachedir></fontconfig>\n"
    )
    needed = subprocess.run(["ldd", program], text=True, capture_output=True).stdout
    libraries = (
        f"export LD_LIBRARY_PATH='{program.parent / 'al2023' / 'lib'}'\n" if "not found" in needed else ""
    )
    start = PLACE / "chromium"
    start.write_text(f"#!/bin/sh\n{libraries}export FONTCONFIG_FILE='{fonts}'\nexec '{program}' \"$@\"\n")
    start.chmod(0o755)


def _arguments_that_render() -> tuple[str, ...]:
    """The first set of arguments with which it draws text. Raises StepFailed when it does with none."""
    said = ""
    for arguments in (WITHOUT_SANDBOX, ALONE):
        tried = subprocess.run(
            [sys.executable, "-c", DRAWS_TEXT, PLACE / "chromium", *arguments],
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if tried.returncode == 0:
            return arguments
        said += tried.stdout
    raise StepFailed(
        "the Chromium of the package @sparticuz/chromium does not run on this machine.",
        output=said,
        way_out="install a Chromium yourself (apt install chromium), or set CHROMIUM to one you have.",
    )


# Text that has a width was laid out with a font; a picture with more than one colour was drawn.
DRAWS_TEXT = """
import sys
from playwright.sync_api import sync_playwright
with sync_playwright() as driver:
    browser = driver.chromium.launch(executable_path=sys.argv[1], args=sys.argv[2:], timeout=20_000)
    page = browser.new_page(viewport={"width": 200, "height": 100})
    page.set_content("<span id=it>It draws text</span>")
    assert page.locator("#it").bounding_box()["width"] > 20
    drawn = page.screenshot()
    page.set_content("")
    assert drawn != page.screenshot()
"""
