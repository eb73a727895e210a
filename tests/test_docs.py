"""The papers are true: every setting and command they should name is there, and none that does not exist."""

import re
from pathlib import Path

import pytest
from flask import Flask

from crm.config import Settings
from docs.build import schema

ROOT = Path(__file__).parent.parent
PAPERS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_every_setting_is_explained() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    assert [name.upper() for name in Settings.model_fields if f"`{name.upper()}`" not in text] == []


def test_the_paper_on_the_data_is_what_the_code_says() -> None:
    assert (ROOT / "docs" / "schema.md").read_text() == schema.text(), "run bin/docs"


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_links_lead_somewhere(paper: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", paper.read_text()):
        assert (paper.parent / target).exists(), f"{paper.name} leads to {target}"


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_commands_exist(paper: Path, app: Flask) -> None:
    named = set(re.findall(r"`(?:bin/)?flask ([a-z-]+) ([a-z][a-z-]*)", paper.read_text()))
    for group, command in named:
        assert group in app.cli.commands, f"{paper.name}: flask {group}"
        assert command in app.cli.commands[group].commands, f"{paper.name}: flask {group} {command}"  # type: ignore[attr-defined]


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_files_that_are_named_are_there(paper: Path) -> None:
    named = set(re.findall(r"`((?:crm|tests|bin|migrations|benchmarks|docs)/[\w./-]+)`", paper.read_text()))
    assert sorted(name for name in named if not (ROOT / name).exists()) == []
