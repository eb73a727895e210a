"""The papers are true: every setting and command they should name is there, and none that does not exist."""

import re
from pathlib import Path

import click
import pytest
from flask import Flask

from crm.config import Settings
from docs.build import downgrades, papers, pictures

ROOT = Path(__file__).parent.parent
PAPERS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
GUIDE = sorted((ROOT / "docs" / "guide").glob("*.md"))
WORDS_OF_PAGES = ("crm/templates", "crm/forms", "crm/static/js", "crm/blueprints", "crm/enums.py")


def test_every_setting_is_explained() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    assert [name.upper() for name in Settings.model_fields if f"`{name.upper()}`" not in text] == []


def test_what_is_made_from_the_code_is_what_the_code_says() -> None:
    """The data, the settings, and the way down from every migration as SQL."""
    for paper, text in papers.made().items():
        assert paper.read_text() == text, f"{paper.relative_to(ROOT)}: run bin/docs"


def test_every_migration_has_its_way_down_kept_and_no_other_is() -> None:
    revisions = {path.name[:3] for path in (ROOT / "migrations" / "versions").glob("[0-9]*.py")}
    assert {path.stem for path in downgrades.FOLDER.glob("*.sql")} == revisions | {"objects"}


def test_the_pictures_are_those_that_are_taken_and_all_are_shown() -> None:
    script = Path(pictures.__file__).read_text()
    taken = set(re.findall(r'"([\w-]+\.png)"', script)) - {"today.png"}
    shown = {name for paper in GUIDE for name in re.findall(r"\(pictures/([\w-]+\.png)\)", paper.read_text())}
    there = {path.name: path.stat().st_size for path in pictures.PICTURES.glob("*")}
    assert taken == shown == set(there)
    assert sum(there.values()) < 1_500_000


@pytest.mark.parametrize("paper", GUIDE, ids=lambda path: path.name)
def test_the_guide_names_pages_and_buttons_that_exist(paper: Path, app: Flask) -> None:
    text = paper.read_text()
    pages = app.url_map.bind("")
    for address in re.findall(r"`(/[a-z/-]*)`", text):
        assert pages.match(address, method="GET"), address
    code = "\n".join(
        path.read_text()
        for place in WORDS_OF_PAGES
        for path in ([ROOT / place] if (ROOT / place).is_file() else (ROOT / place).rglob("*.*"))
        if path.suffix in {".html", ".py", ".js"}
    )
    for name in {" ".join(found.split()) for found in re.findall(r"\*\*(.+?)\*\*", text, re.DOTALL)}:
        for part in name.split(" … "):  # between them stands what is counted, as in "Import 12 records"
            assert re.search("(?i)[\"'>} ]" + re.escape(part) + "[\"'<{ ]", code), name


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_links_lead_somewhere(paper: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", paper.read_text()):
        assert (paper.parent / target).exists(), f"{paper.name} leads to {target}"


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_commands_exist(paper: Path, app: Flask) -> None:
    named = re.findall(r"flask ([a-z-]+) ([a-z][a-z-]*)([^`\n]*)", _code_of(paper.read_text()))
    for group, command, rest in named:
        commands = app.cli.commands.get(group)
        assert isinstance(commands, click.Group), f"{paper.name}: flask {group}"
        found = commands.commands.get(command)
        assert found, f"{paper.name}: flask {group} {command}"
        known = {option for one in found.params for option in one.opts} | {"--help"}
        assert set(re.findall(r"(?<= )--[a-z-]+", rest)) <= known, f"{paper.name}: flask {group} {command}"


def _code_of(text: str) -> str:
    """What stands in a paper as code, a line for each piece."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))])


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_files_that_are_named_are_there(paper: Path) -> None:
    named = set(re.findall(r"`((?:crm|tests|bin|migrations|benchmarks|docs)/[\w./-]+)`", paper.read_text()))
    assert sorted(name for name in named if not (ROOT / name).exists()) == []
