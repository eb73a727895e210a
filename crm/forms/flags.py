"""How an admin switches a feature."""

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, SelectChoice, SelectMultipleField
from wtforms.validators import NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from crm.enums import Role

OFF, ON, SOME = "off", "on", "some"
NAMES = {Role.REP: "Reps", Role.MANAGER: "Managers", Role.ADMIN: "Admins"}


class SwitchForm(FlaskForm):
    """Off, on, or on for some: of one feature, whose name stands before those of the fields."""

    state = RadioField(
        "It is",
        choices=[
            SelectChoice(OFF, "Off"),
            SelectChoice(ON, "On for everybody"),
            SelectChoice(SOME, "On for some"),
        ],
    )
    roles = SelectMultipleField(
        "For everybody of a role",
        choices=[SelectChoice(role.value, words) for role, words in NAMES.items()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    people = SelectMultipleField(
        "And for these people",
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    percent = IntegerField(
        "And for so many in a hundred",
        [Optional(), NumberRange(0, 100, message="Say a number from 0 to 100.")],
    )

    def __init__(self, feature: str, offered: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(prefix=feature, **kwargs)
        self.feature = feature
        self.people.choices = [SelectChoice(str(number), name) for number, name in offered]
        if self.people.data is None:
            self.people.data = []

    def validate(self, extra_validators: object = None) -> bool:
        """On for some needs to say for whom."""
        is_sound = bool(super().validate(extra_validators))
        is_for_some = self.roles.data or self.people.data or self.percent.data
        if is_sound and self.state.data == SOME and not is_for_some:
            self.roles.errors = ("Say for whom: tick at least one.",)
            return False
        return is_sound
