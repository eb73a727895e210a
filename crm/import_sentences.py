"""What pages and commands say of imports. Floor 5."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from crm import filters, record_sentences
from crm.enums import ImportOutcome, ImportState
from crm.models import ImportSession, ImportSheet, ImportStep, Job
from crm.services.imports import layouts

WRONG: Final = "What is wrong"
STEPS: Final = {
    ImportState.READING: 2, ImportState.REFUSED: 1, ImportState.CHECKED: 2, ImportState.APPLYING: 3,
    ImportState.APPLIED: 4, ImportState.REVERTING: 4, ImportState.REVERTED: 4,
}  # fmt: skip
"""At which of the three steps an import is; 4 = past them."""
OUTCOMES: Final = {
    ImportOutcome.CREATED: "New",
    ImportOutcome.UPDATED: "Changed",
    ImportOutcome.UNCHANGED: "Same as now",
    ImportOutcome.SKIPPED: "Skipped",
    ImportOutcome.UNREADABLE: "Cannot be read",
    ImportOutcome.KEPT: "Kept as rows",
}
_STATES: Final = {
    ImportState.READING: ("Being checked", "info", "clock"),
    ImportState.REFUSED: ("Refused", "danger", "circle-x"),
    ImportState.CHECKED: ("Checked, not imported", "warn", "triangle-alert"),
    ImportState.APPLYING: ("Being imported", "info", "clock"),
    ImportState.APPLIED: ("Imported", "good", "check"),
    ImportState.REVERTING: ("Being taken back", "info", "clock"),
    ImportState.REVERTED: ("Taken back", "", "minus"),
}
NOUNS: Final = {
    "picklist_values": "word of a list",
    "organizations": "organization",
    "contacts": "contact",
    "products": "product",
    "product_distributors": "item number",
    "opportunities": "opportunity",
    "interactions": "interaction",
    "contact_advocacies": "champion",
}
"""What a record of each table is called; links have no word of their own."""


PLURALS: Final = {"opportunity": "opportunities", "word of a list": "words of lists"}


class Column(NamedTuple):
    """A column of a sheet: its place, heading, first values and meaning, and whether amounts stand in it."""

    place: int
    heading: str
    samples: Sequence[str]
    field: str
    is_of_amounts: bool


def state(session: ImportSession) -> tuple[str, str, str]:
    """The tag of an import: its text, kind and icon."""
    return _STATES[session.state]


def summary(session: ImportSession) -> str:
    """One line of figures, or why there are none."""
    if session.problem:
        return session.problem
    outcomes: Mapping[str, int] = session.counts.get("outcomes", {})
    told = [
        f"{filters.figure(n)} {OUTCOMES[ImportOutcome(name)].lower()}" for name, n in outcomes.items() if n
    ]
    return ", ".join(told)


def progress(session: ImportSession, job: Job | None) -> str:
    """How far the work on it is."""
    if job is None or job.state not in ("planned", "running"):
        return {"failed": "It failed. Try again.", "stopped": "It was stopped."}.get(
            job.state if job else "", ""
        )
    if job.state == "planned":
        return "Waits for its turn."
    of = f" of {job.rows_total:,}" if job.rows_total else ""
    what = {ImportState.READING: "rows read", ImportState.APPLYING: "records written"}
    return f"{job.rows_done:,}{of} {what.get(session.state, 'records taken back')}."


def stats(session: ImportSession) -> list[tuple[str, int, str]]:
    """Figures of what would come of it: a label, how many are new, and how many change."""
    told = []
    records: Mapping[str, Mapping[str, int]] = session.counts.get("records", {})
    for kind, noun in NOUNS.items():
        counted = records.get(kind)
        if counted:
            changed = counted.get("updated", 0)
            told.append(
                (
                    f"{PLURALS.get(noun, f'{noun}s')} added",
                    counted.get("created", 0),
                    f"{filters.figure(changed)} changed" if changed else "",
                )
            )
    return told


def columns(sheet: ImportSheet) -> list[Column]:
    """The columns of a sheet that hold something or have a heading."""
    width = max([len(sheet.headers), *(int(column) + 1 for column in sheet.samples)], default=0)
    amounts = layouts.money_columns(sheet.headers)
    return [
        Column(
            place,
            sheet.headers[place] if place < len(sheet.headers) else "",
            sheet.samples.get(str(place), ()),
            sheet.fields.get(str(place), ""),
            place in amounts,
        )
        for place in range(width)
        if (place < len(sheet.headers) and sheet.headers[place]) or sheet.samples.get(str(place))
    ]


def becomes(steps: Sequence[ImportStep]) -> list[str]:
    """What comes of a row, record by record; of changes each field, before and after."""
    told = []
    for step in steps:
        noun = NOUNS.get(step.kind)
        if noun is None:
            continue
        if step.is_new:
            parts = (step.values.get("first_name"), step.values.get("last_name"))
            name = (
                step.values.get("name")
                or step.values.get("value")
                or " ".join(part for part in parts if part)
            )
            told.append(f"New {noun}{f': {name}' if name else ''}")
            continue
        was = step.was or {}
        changes = ", ".join(
            f"{record_sentences.label(column)} {_shown(was.get(column))} → {_shown(value)}"
            for column, value in step.values.items()
        )
        told.append(f"{noun.capitalize()} changes: {changes}")
    return told


def _shown(value: Any) -> str:
    if value in (None, "", []):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "a new one"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f'"{text[:80]}…"' if len(text) > 80 else f'"{text}"'


def wrong(problems: Sequence[Mapping[str, Any]]) -> str:
    """Why a row cannot be read, and what would put it right."""
    return " ".join(
        f"{one['reason']}. {one.get('remedy', '')}".strip()
        for one in problems
        if one.get("weight") == "row left out"
    )
