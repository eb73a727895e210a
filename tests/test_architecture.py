"""The house stands as docs and README say: floors, one commit, no web below the fifth floor, no money."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CRM = ROOT / "crm"

FLOORS = {
    "cli": 7,
    "live": 7,
    "blueprints": 6,
    "api": 6,
    "forms": 5,
    "tasks": 5,
    "services": 4,
    "queries": 3,
    "mail": 3,
    "models": 2,
    "db": 1,
    "bell": 1,
    "enums": 0,
    "errors": 0,
    "config": 0,
    "clock": 0,
    "csv_lines": 0,
    "failpoints": 0,
    "logs": 0,
}
SHARED_BY_VIEWS = 5
"""web.py and its neighbours: everything else that lies directly in crm/."""
THE_DOOR = 7
"""crm/__init__.py puts it together."""

MONEY = re.compile(
    r"\b(revenue|price|prices|pricing|cost|costs|commission|currency|dollar|dollars|usd|eur|invoice|margin|"
    r"amount|amounts|profit|budget|forecast)\b|[$€£]\s?\d",
    re.IGNORECASE,
)


def files() -> list[Path]:
    return sorted(CRM.rglob("*.py"))


def floor_of(module: str) -> int:
    parts = module.split(".")
    if len(parts) == 1:
        return THE_DOOR
    return FLOORS.get(parts[1], SHARED_BY_VIEWS)


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Every module that `path` imports, at its top and inside functions; annotations alone do not count."""
    tree = ast.parse(path.read_text())
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "crm":
                yield from (f"crm.{name.name}" for name in node.names)
            else:
                yield node.module


@pytest.mark.parametrize("path", files(), ids=module_of)
def test_a_file_imports_from_its_own_floor_and_lower_ones(path: Path) -> None:
    own = floor_of(module_of(path))
    if module_of(path) == "crm.cli":
        return  # the factory registers the commands and is what `flask` starts: the one allowed circle
    upward = [name for name in imports(path) if name.split(".")[0] == "crm" and floor_of(name) > own]
    assert not upward, f"{module_of(path)} (floor {own}) reaches up to {upward}"


@pytest.mark.parametrize("path", files(), ids=module_of)
def test_services_never_import_tasks(path: Path) -> None:
    if module_of(path).startswith("crm.services"):
        assert not [name for name in imports(path) if name.startswith("crm.tasks")]


@pytest.mark.parametrize("path", files(), ids=module_of)
def test_flask_is_known_on_the_upper_floors_only(path: Path) -> None:
    if floor_of(module_of(path)) >= 5 or module_of(path) == "crm.mail":
        return
    web = [
        name for name in imports(path) if name.split(".")[0] in {"flask", "flask_wtf", "werkzeug", "wtforms"}
    ]
    assert not web, f"{module_of(path)} knows the web: {web}"


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield ast.unparse(node.func)


def test_there_is_one_commit_in_the_house() -> None:
    found = {module_of(path): [call for call in calls(path) if call.endswith(".commit")] for path in files()}
    # Flask-Security asks its datastore to commit; ours flushes (crm/sign_in.py).
    assert {module: made for module, made in found.items() if made} == {"crm.db": ["db.session.commit"]}


def test_tasks_are_put_in_the_queue_by_one_function_after_the_commit() -> None:
    for path in files():
        if module_of(path) != "crm.bell":
            stray = [c for c in calls(path) if c.endswith((".delay", ".apply_async", ".send_task"))]
            assert not stray, f"{module_of(path)}: {stray}"


def test_models_ask_no_database() -> None:
    for path in (CRM / "models").glob("*.py"):
        assert not [call for call in calls(path) if "session" in call], path.name


def test_nothing_is_called_by_a_name_that_says_nothing() -> None:
    names = {part for path in files() for part in path.relative_to(CRM).with_suffix("").parts}
    assert not names & {"utils", "helpers", "common", "misc", "managers", "helper", "util"}


def strings(path: Path) -> Iterator[str]:
    """Texts of a Python file that a person or a table could see: docstrings are left out."""
    tree = ast.parse(path.read_text())
    prose = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            yield node.value


def test_no_page_label_or_message_speaks_of_money() -> None:
    texts = [
        (path, text)
        for path in files()
        if not {"imports", "legacy"} & set(path.parts)
        for text in strings(path)
    ]
    texts += [(path, path.read_text()) for path in (CRM / "templates").rglob("*.[ht][tx]*")]
    found = [(path.name, match.group()) for path, text in texts if (match := MONEY.search(text))]
    assert not found


def test_nothing_names_a_machine_or_a_registry() -> None:
    hosts = re.compile(
        "|".join(
            ("pypi" + r"\.org", "npmjs" + r"\.(org|com)", "python" + "hosted", "/ro" + "ot/", "/wo" + "rk/")
        )
    )
    folders = ("crm", "bin", "migrations", "tests", "docs", "benchmarks", ".ci")
    kept = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    # In a linked worktree .git is a file that says where the repository is; it is in no commit.
    kept += [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]
    text = {".py", ".md", ".toml", ".txt", ".in", ".json", ".yml", ".js", ".mjs", ".css", ".html", ".sql", ""}
    for path in kept:
        made = {"__pycache__", "built", ".coverage"} & set(path.parts)
        if path.suffix in text and not made:
            match = hosts.search(path.read_text(errors="ignore"))
            assert not match, f"{path.relative_to(ROOT)} names {match.group() if match else ''}"
