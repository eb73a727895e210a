"""The component gallery: every piece in every state, for whoever builds a page.

One list, `GROUPS`: each is a fragment under templates/components_gallery/, filled from `samples()`. The page
shows them; tests/components renders the same ones.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, request
from wtforms import (
    BooleanField,
    DateField,
    Form,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice

from crm.enums import AdvocacyStatus, EngagementLevel, InteractionType, OpportunityStage, Sentiment

bp = Blueprint("components", __name__, url_prefix="/components")

TODAY = date(2026, 11, 24)
"""The day it always is in the gallery."""

GROUPS = {
    "buttons": "Buttons",
    "engagement": "Engagement",
    "people": "Advocacy, sentiment, type",
    "stages": "Stage, due, age",
    "labels": "Tags, counts, chips",
    "messages": "Messages",
    "fields": "Fields",
    "choices": "Choices",
    "picker": "Picker",
    "tasks": "Follow-up rows",
    "timeline": "Timeline",
    "tables": "Tables and ways through them",
    "strip": "Weekly strip",
    "waiting": "Progress, waiting, nothing there",
    "frames": "Cards, dialogs, menus",
    "identity": "Identity and icons",
}

WEEKLY = (4, 6, 7, 9, 8, 11, 10, 12, 9, 7, 6, 0, 0, 0, 1, 5, 8, 9, 11, 10, 12, 9, 11, 8, 12, 10)
"""Interactions of 26 weeks, with a quiet spell."""


@dataclass(frozen=True)
class Week:
    """One week of the sample strip."""

    monday: date
    interactions: int
    level: EngagementLevel | None


class SampleForm(Form):
    """One field of each kind; the keywords are what stands in them."""

    name = StringField("Name")
    position = StringField("Title")
    email = StringField("E-mail")
    password = PasswordField("Password")
    stage = SelectField("Stage", choices=[stage.value for stage in OpportunityStage])
    due_on = DateField("Follow-up date")
    notes = TextAreaField("Notes")
    is_key = BooleanField("Key contact")
    type = RadioField("What was it?", choices=[kind.value for kind in InteractionType])
    sentiment = RadioField("How did it go?", choices=[feeling.value for feeling in Sentiment])
    follow_up = RadioField(
        "Follow up?",
        choices=[
            SelectChoice("no", "No"),
            SelectChoice("2026-11-25", "Tomorrow"),
            SelectChoice("pick", "Pick a day"),
        ],
    )

    def __init__(self, **data: object) -> None:
        super().__init__(data=data)


def samples() -> dict[str, Any]:
    """What the fragments of the gallery show: no record of the book, no clock, the same every time."""
    levels = [*EngagementLevel, None]
    quiet = [EngagementLevel.MEDIUM, EngagementLevel.LOW, EngagementLevel.INACTIVE]
    by_week = [None] * 2 + [EngagementLevel.HIGH] * 9 + quiet + [EngagementLevel.HIGH] * 12
    filled = SampleForm(
        name="Spring breakfast menu",
        stage=OpportunityStage.FEEDBACK_LOGGED.value,
        due_on=TODAY,
        is_key=True,
        type=InteractionType.DEMO_SAMPLED.value,
        sentiment=Sentiment.POSITIVE.value,
        follow_up="2026-11-25",
    )
    wrong = SampleForm(email="tomas@fallowlane", type=None)
    wrong.email.errors = ("Add the part after the dot, like .example",)
    wrong.is_key.errors = ("Choose a contact first",)
    wrong.type.errors = ("Choose what it was",)
    return {
        "today": TODAY,
        "zone": "America/Chicago",
        "at": datetime(2026, 11, 23, 21, 40, tzinfo=UTC),
        "levels": levels,
        "levels_and_days": list(zip(levels, (2, 11, 22, 58, None), strict=True)),
        "levels_and_shares": list(zip(levels, (36, 29, 21, 7, 7), strict=True)),
        "days": [TODAY + timedelta(days=n) for n in (-400, -8, -1, 0, 1, 7)],
        "weeks": [
            Week(date(2026, 6, 1) + timedelta(weeks=i), n, level)
            for i, (n, level) in enumerate(zip(WEEKLY, by_week, strict=True))
        ],
        "filled": filled,
        "wrong": wrong,
        "stages": list(OpportunityStage),
        "types": list(InteractionType),
        "sentiments": list(Sentiment),
        "advocacies": list(AdvocacyStatus),
    }


@bp.get("")
def index() -> str:
    """All of them on one page."""
    return render_template("components_gallery/index.html", groups=GROUPS, **samples())


@bp.get("/options")
def options() -> str:
    """What the gallery's picker finds: two people for any letters, nobody for letters that hold a z."""
    return render_template("components_gallery/_options.html", is_found="z" not in request.args.get("q", ""))
