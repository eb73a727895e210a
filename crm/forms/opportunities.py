"""The forms of opportunities: the three steps of a new one, the edit form, the move from stage to stage."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectMultipleField,
    ValidationError,
)
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, NumberRange
from wtforms.validators import Optional as Maybe
from wtforms.widgets import CheckboxInput, ListWidget

from crm.enums import OpportunityStage, Picklist
from crm.forms.base import EditForm
from crm.forms.fields import Choice, Line, Notes, Number, Tags
from crm.forms.follow_ups import Day
from crm.models import PicklistValue
from crm.queries.keys import read_number
from crm.queries.opportunity_stages import OPEN_STAGES
from crm.queries.promises import Named
from crm.services.opportunities import MOST_CLOSE_NOTE, Facts

MOST_CHOSEN = 500
FARTHEST = timedelta(days=5 * 366)
"""An expected close beyond this is a slip of the year, not a plan."""

SHARED, SPLIT = "shared", "split"
Words = dict[Picklist, list[PicklistValue]]


class Numbers(SelectMultipleField):
    """Numbers of records, as tick boxes post them. Whether they exist, the service looks."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(
            label,
            coerce=lambda one: read_number(str(one)),
            validate_choice=False,
            choices=[],
            widget=ListWidget(prefix_label=False),
            option_widget=CheckboxInput(),
            **kwargs,
        )

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read them without repeats, one by one or with commas between; what is none is told at the check."""
        said = [word for value in valuelist for word in value.split(",") if word.strip()]
        self.data = list(dict.fromkeys(read_number(word.strip()) for word in said))

    def _value(self) -> str:
        return ",".join(str(number) for number in sorted(self.numbers))

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002 - the signature is WTForms'
        """Numbers, and not more than anybody ticks."""
        if any(number is None for number in self.data or ()):
            raise ValidationError("Choose from the list.")
        if len(self.data or ()) > MOST_CHOSEN:
            raise ValidationError(f"Choose at most {MOST_CHOSEN}.")

    @property
    def numbers(self) -> list[int]:
        """Those that are numbers."""
        return [number for number in self.data or () if number is not None]


class FactsForm(FlaskForm):
    """What is said of an opportunity, new or not."""

    organization = Number(
        "Organization", [InputRequired("Choose the organization: type three letters of its name.")]
    )
    contact = Choice("Primary contact", nothing="Nobody yet")
    name = Line("Name")
    context = Choice("How did it start?", nothing="Not said")
    principals = Numbers("Principals")
    products = Numbers("Products")
    distributor = Choice("Distributor", nothing="Not known yet")
    source = Choice("Source", nothing="Not said")
    next_action = Line("Next action")
    expected_close = Day("Expected close", [Maybe()])
    cases = IntegerField(
        "Cases per week",
        [Maybe(), NumberRange(0, 1_000_000, message="Write the cases per week as a number from 0 up.")],
    )
    tags = Tags("Tags")
    notes = Notes()

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def offer(
        self,
        *,
        words: Words,
        people: Iterable[tuple[int, str]] = (),
        distributors: Iterable[Named] = (),
    ) -> None:
        """Fill what can be chosen; a word or record that is set and no longer offered stays."""
        self.context.offer((one.value, one.value) for one in words[Picklist.CONTEXT])
        self.source.offer((one.value, one.value) for one in words[Picklist.SOURCE])
        self.tags.offer(one.value for one in words[Picklist.TAG])
        self.contact.offer((str(number), name) for number, name in people)
        self.distributor.offer((str(one.number), one.name) for one in distributors)

    def validate_expected_close(self, field: Day) -> None:
        if not self.today - FARTHEST <= field.data <= self.today + FARTHEST:
            raise ValidationError("That is more than five years away. Check the year.")

    def facts(self) -> Facts:
        """What was said. Meaningful after the form was found valid."""
        return Facts(
            name=self.name.data or "",
            organization_id=self.organization.data,
            primary_contact_id=read_number(self.contact.kept or ""),
            context=self.context.kept,
            distributor_id=read_number(self.distributor.kept or ""),
            source=self.source.kept,
            tags=self.tags.data or (),
            next_action=self.next_action.data,
            expected_close_on=self.expected_close.data,
            cases_per_week=self.cases.data,
            notes=self.notes.data,
        )


class EntryForm(FactsForm):
    """A new opportunity in three steps. What the other steps hold travels hidden in the one that is shown."""

    STEPS: ClassVar = {
        1: ("organization", "contact", "name", "stage", "context"),
        2: ("principals", "products"),
        3: ("distributor", "source", "next_action", "expected_close", "cases", "tags", "notes", "keep"),
    }
    ALWAYS: ClassVar = ("origin", "proposed")

    stage = RadioField(
        "Where does it stand?",
        choices=[SelectChoice(stage.value) for stage in OPEN_STAGES],
        default=OpportunityStage.NEW_LEAD.value,
    )
    keep = RadioField(
        "One or several?",
        choices=[
            SelectChoice(SHARED, "One shared opportunity"),
            SelectChoice(SPLIT, "One for each principal"),
        ],
        default=SHARED,
    )
    origin = HiddenField()
    """The record that the person came from, so that each has a draft of its own."""
    proposed = HiddenField()
    """The name that was proposed last: as long as it stands, a better one takes its place."""

    def __init__(self, said: "MultiDict[str, str]", *, today: date) -> None:
        super().__init__(formdata=said, today=today)
        self.said = said

    def hidden(self, step: int) -> list[tuple[str, str]]:
        """Name and value of everything that the other steps were told."""
        names = [name for other, fields in self.STEPS.items() if other != step for name in fields]
        if step == 3:
            names.remove("name")
        pairs = [(name, value.replace("\x00", "")) for name in names for value in self.said.getlist(name)]
        return [*pairs, ("origin", self.origin.data or ""), ("proposed", self.proposed.data or "")]

    def is_sound(self, step: int) -> bool:
        """Whether what this step was told can be taken."""
        checks = {name: getattr(self, f"validate_{name}", None) for name in self.STEPS[step]}
        told = [
            self[name].validate(self, [_inline(check)] if check else []) for name, check in checks.items()
        ]
        return all(told)

    def wrong_step(self) -> int | None:
        """The first step with an error, None if nothing is wrong."""
        wrong = (step for step, names in self.STEPS.items() if any(self[name].errors for name in names))
        return next(wrong, None)

    @property
    def is_split(self) -> bool:
        return bool(self.keep.data == SPLIT)


class MoveForm(FlaskForm):
    """To which stage; closing asks why."""

    stage = RadioField(
        "Stage",
        [InputRequired("Choose the stage to move it to.")],
        choices=[SelectChoice(stage.value) for stage in OpportunityStage],
    )
    seen = HiddenField()
    """The stage that the person saw it in."""
    back = HiddenField()
    """The page that the person moves it from."""
    reason = Choice("Why does it end?", nothing="Choose a reason")
    note = Notes("In your own words")

    def __init__(self, *args: Any, words: Words, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words = words[Picklist.CLOSE_REASON]
        self.reason.offer((one.value, one.value) for one in self.words)

    @property
    def reasons(self) -> list[tuple[str, list[str]]]:
        """The reasons in groups: those of one closed stage, then those of any."""
        groups: dict[str, list[str]] = {}
        for one in sorted(self.words, key=lambda one: one.under is None):
            groups.setdefault(one.under or "Any of them", []).append(one.value)
        return list(groups.items())

    def validate_note(self, field: Notes) -> None:
        if len(field.data or "") > MOST_CLOSE_NOTE:
            raise ValidationError("Keep it to 2,000 characters; log a note for the rest.")

    @property
    def seen_stage(self) -> OpportunityStage | None:
        """The stage that the person saw it in, None if the form does not say."""
        try:
            return OpportunityStage(self.seen.data or "")
        except ValueError:
            return None


def _inline(check: Any) -> Any:
    """A `validate_<field>` method as a validator."""
    return lambda _, field: check(field) if field.data is not None else None


class OpportunityForm(EditForm, FactsForm):
    """All that can be changed of an opportunity but its stage."""

    FIELDS: ClassVar = (
        "name", "organization", "contact", "context", "principals", "products", "distributor", "source",
        "owner", "second_owner", "next_action", "expected_close", "cases", "tags", "notes",
    )  # fmt: skip

    name = Line("Name", required="Give it a name.")
    owner = Choice("Owner", nothing="Nobody yet")
    second_owner = Choice("Second owner", nothing="Nobody")

    def __init__(self, *args: Any, names: Mapping[str, Mapping[int, str]], **kwargs: Any) -> None:
        """`names`: what organizations, principals and products are called, by field and number."""
        super().__init__(*args, **kwargs)
        self.names = names

    def said(self, name: str) -> str:
        """The value of a field in words; "" for nothing."""
        if name in self.names:
            field = self[name]
            numbers = field.numbers if isinstance(field, Numbers) else [field.data] if field.data else []
            return ", ".join(sorted(self.names[name].get(number, f"No. {number}") for number in numbers))
        return super().said(name)

    def validate_second_owner(self, field: Choice) -> None:
        if field.kept and field.kept == self.owner.data:
            raise ValidationError("Choose somebody else than the owner.")

    @property
    def owners(self) -> tuple[int | None, int | None]:
        """Owner and second owner as chosen."""
        return read_number(self.owner.kept or ""), read_number(self.second_owner.kept or "")
