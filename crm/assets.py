"""Addresses of built files: the hashed names that `node bin/assets.mjs` wrote (floor 5)."""

import json
from functools import cache
from pathlib import Path

from flask import Flask

BUILT = Path(__file__).parent / "static" / "built"


class AssetsMissing(RuntimeError):
    """The browser's files were never built on this machine."""


@cache
def _manifest() -> dict[str, str]:
    try:
        names: dict[str, str] = json.loads((BUILT / "manifest.json").read_text())
    except FileNotFoundError:
        raise AssetsMissing(
            "The browser's files are not built. bin/up and bin/test build them; by hand: "
            "npm ci && node bin/assets.mjs"
        ) from None
    return names


def asset(name: str) -> str:
    """The path of a built file by its plain name: "app.css" → "/static/built/app-1f2e3d4c5b.css".

    The name changes with the content, so the file may be cached for good. The manifest is read once per
    process. Raises `AssetsMissing` when nothing is built, KeyError for a name that is no asset.
    """
    return f"/static/built/{_manifest()[name]}"


def register(app: Flask) -> None:
    """Offer `asset()` to every template."""
    app.jinja_env.globals["asset"] = asset
