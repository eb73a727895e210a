"""What every form that edits a record shares: the version it was opened with, what to do with a stale one.

Two people may have the same record open. The form carries the version and a fingerprint of each value that it
was drawn with. If the record has moved on when it comes back, every field in which the two differ is shown
with both values; the person takes one of each (`Difference`), and nothing of what they typed is lost.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, HiddenField, IntegerField
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from crm.queries.keys import read_number

MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True)
class Difference:
    """A field in which what was typed differs from what the record holds now."""

    name: str
    label: str
    mine: str
    """What the person typed, in words; "" = nothing."""
    theirs: str
    """What the record holds now, in words."""
    suggested: Literal["mine", "theirs", ""]
    """Whose value to take if only one of the two changed it; "" = both did, the person must choose."""


class EditForm(FlaskForm):
    """A form over one record, new or not. `FIELDS` names those that are the record's."""

    FIELDS: ClassVar[tuple[str, ...]]

    version = IntegerField(widget=HiddenInput(), validators=[Optional()])
    seen = HiddenField()

    def said(self, name: str) -> str:
        """The value of a field in words; "" for nothing."""
        field = self[name]
        if isinstance(field, BooleanField):
            return "Yes" if field.data else "No"
        choices = dict(getattr(field, "choices", None) or {})
        return str(choices.get(field.data, "")) if choices and field.data else "".join(written(field))

    def remember(self) -> None:
        """Note what the form is drawn with, so that a later answer knows which fields the person touched."""
        self.seen.data = json.dumps({name: _mark(written(self[name])) for name in self.FIELDS})

    @property
    def marks(self) -> dict[str, str]:
        """What `remember` noted; whatever else a browser sent counts as nothing."""
        try:
            marks = json.loads(self.seen.data or "{}")
        except ValueError:
            return {}
        return marks if isinstance(marks, dict) else {}


F = TypeVar("F", bound=EditForm)


def written(field: Field) -> list[str]:
    """The values that a browser would post for what `field` holds."""
    if isinstance(field, BooleanField):
        return ["y"] if field.data else []
    return [field._value()] if hasattr(field, "_value") else [str(field.data or "")]  # noqa: SLF001 - WTForms'


def settled(posted: "MultiDict[str, str]", theirs: EditForm) -> "MultiDict[str, str]":
    """What was posted, with the record's own value wherever the person took that instead of theirs."""
    merged = MultiDict(posted)
    for name in theirs.FIELDS:
        if posted.get(f"choice-{name}") == THEIRS:
            merged.setlist(name, written(theirs[name]))
    return merged


def read(
    make: Callable[["MultiDict[str, str] | None"], F], posted: "MultiDict[str, str]", *, version: int
) -> tuple[F, list[Difference]]:
    """The form as it was posted, and what stands between it and the record, which is at `version` now.

    `make` draws the form over the record from what is posted, or as the record is. Nothing stands between
    them if the record is as the person saw it, or the person has chosen in every field that was shown.
    """
    theirs = make(None)
    form = make(settled(posted, theirs))
    is_seen = read_number(posted.get("version", "")) == version
    undecided = [
        name for name in posted.getlist("settles") if posted.get(f"choice-{name}") not in (MINE, THEIRS)
    ]
    if is_seen and not undecided:
        return form, []
    found = differences(form, theirs)
    return form, [one for one in found if not is_seen or one.name in undecided]


def differences(mine: EditForm, theirs: EditForm) -> list[Difference]:
    """The fields that differ, in the order of the form."""
    return [
        Difference(
            name, mine[name].label.text, mine.said(name), theirs.said(name), _suggested(mine, theirs, name)
        )
        for name in mine.FIELDS
        if written(mine[name]) != written(theirs[name])
    ]


def hidden(form: EditForm) -> list[tuple[str, str]]:
    """Name and value of everything that was typed, for a page that carries it on without showing it."""
    return [(name, value) for name in form.FIELDS for value in written(form[name])]


def _suggested(mine: EditForm, theirs: EditForm, name: str) -> Literal["mine", "theirs", ""]:
    mark = mine.marks.get(name)
    if mark == _mark(written(mine[name])):
        return "theirs"
    return "mine" if mark == _mark(written(theirs[name])) else ""


def _mark(values: list[Any]) -> str:
    return hashlib.sha256("\n".join(values).encode()).hexdigest()[:12]
