"""docs/schema.md: every table, how they hang together, and what in migrations/sql watches over them."""

import inspect
import re
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from crm import models
from crm.db import Base

ROOT = Path(__file__).resolve().parents[2]
SQL = ROOT / "migrations" / "sql"

GROUPS = {
    "The book": ("organization", "contact", "product", "opportunity", "interaction", "sample"),
    "Distribution": ("distribution",),
    "Engagement and goals": ("engagement", "reports", "firm"),
    "People and what they keep": ("user", "habit", "token"),
    "Mail and notices": ("mail", "notification", "heartbeat"),
    "Jobs and files": ("job",),
    "Imports, duplicates, the old database": ("importing", "merge", "legacy"),
    "Trail": ("audit",),
}
"""The modules of crm/models by what they are about; one that stands nowhere comes last."""

HEAD = """# The data

Made by `bin/docs` from `crm/models` and `migrations/sql`; a test holds it against them. Times are moments in
UTC, days are days of the firm. `version` rises with every change of a row, `deleted_at` says when it was
archived. What a rule forbids is refused by the database itself, whoever asks.
"""


def text() -> str:
    """The whole paper."""
    parts = [HEAD]
    for title, tables in _groups().items():
        parts += [f"## {title}", "", _diagram(tables), ""]
        for model in tables:
            parts += _table(model)
    parts += _objects("Views", "views") + _objects("Functions", "functions")
    parts += _objects("Row security", "policies") + _objects("Grants", "grants") + _triggers()
    return "\n".join(parts).rstrip() + "\n"


def _groups() -> dict[str, list[Any]]:
    """The models of each group, by the names of their tables."""
    known = {module: title for title, modules in GROUPS.items() for module in modules}
    groups: dict[str, list[Any]] = {title: [] for title in (*GROUPS, "More")}
    for mapper in Base.registry.mappers:
        title = known.get(mapper.class_.__module__.removeprefix(f"{models.__name__}."), "More")
        groups[title].append(mapper.class_)
    return {
        title: sorted(found, key=lambda model: model.__table__.name)
        for title, found in groups.items()
        if found
    }


def _diagram(tables: list[Any]) -> str:
    """Which table refers to which, as mermaid draws it, with the keys. That almost everything is somebody's
    would be lines from everywhere to users: it is drawn only between people, and stands in each table below.
    """
    boxes, lines = [], set()
    is_about_people = any(model.__table__.name == "users" for model in tables)
    for model in tables:
        table = model.__table__
        keys = [f"        {_type(key)} {key.name} PK" for key in table.primary_key if not key.foreign_keys]
        boxes += [f"    {table.name} {{", *keys, "    }"] if keys else [f"    {table.name}"]
        for key in table.foreign_keys:
            if key.column.table.name != "users" or is_about_people:
                one = "|o" if key.parent.nullable else "||"
                lines.add(f"    {key.column.table.name} {one}--o{{ {table.name} : {key.parent.name}")
    return "\n".join(["```mermaid", "erDiagram", *boxes, *sorted(lines), "```"])


def _table(model: Any) -> list[str]:
    table = model.__table__
    kind = " (view)" if table.info.get("is_view") else ""
    lines = [f"### {table.name}{kind}", "", _sentence(inspect.getdoc(model) or ""), ""]
    lines += ["| column | type | |", "|---|---|---|"]
    lines += [f"| `{column.name}` | {_type(column)} | {_facts(column)} |" for column in table.columns]
    checks = sorted(str(rule.sqltext) for rule in table.constraints if isinstance(rule, sa.CheckConstraint))
    if checks:
        lines += ["", "Always true: " + "; ".join(f"`{_one_line(check)}`" for check in checks) + "."]
    return [*lines, ""]


def _type(column: "sa.Column[Any]") -> str:
    return str(column.type.compile(dialect=postgresql.dialect())).lower()  # type: ignore[no-untyped-call]


def _facts(column: "sa.Column[Any]") -> str:
    facts = ["key"] if column.primary_key else []
    facts += [f"→ `{key.column.table.name}`" for key in column.foreign_keys]
    if not column.nullable and not column.primary_key:
        facts.append("never empty")
    return ", ".join(facts)


def _objects(title: str, folder: str) -> list[str]:
    files = sorted((SQL / folder).glob("*.sql"))
    return [f"## {title}", "", *(f"- `{file.stem}`: {_comment(file)}" for file in files), ""]


def _triggers() -> list[str]:
    """Grouped by their table: a list of a hundred names tells nobody anything."""
    on: dict[str, list[str]] = {}
    for file in sorted((SQL / "triggers").glob("*.sql")):
        found = re.search(r"\bon (\w+)", file.read_text().partition("create ")[2])
        on.setdefault(found[1] if found else "", []).append(f"`{file.stem}`")
    return ["## Triggers", "", *(f"- `{table}`: {', '.join(names)}" for table, names in sorted(on.items()))]


def _comment(file: Path) -> str:
    """What a file says of itself: the comment that it opens with."""
    lines = []
    for line in file.read_text().splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return _sentence(" ".join(lines))


def _sentence(words: str) -> str:
    return _one_line(words).replace("|", "\\|")


def _one_line(words: str) -> str:
    return re.sub(r"\s+", " ", words).strip()
