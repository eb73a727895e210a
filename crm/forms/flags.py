"""How an admin switches a feature."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, SelectMultipleField
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
        "For whom",
        choices=[SelectChoice(role.value, words) for role, words in NAMES.items()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def __init__(self, feature: str, **kwargs: Any) -> None:
        super().__init__(prefix=feature, **kwargs)
        self.feature = feature

    def validate(self, extra_validators: object = None) -> bool:
        """On for some needs to say for whom."""
        is_sound = bool(super().validate(extra_validators))
        if is_sound and self.state.data == SOME and not self.roles.data:
            self.roles.errors = ("Say for whom: tick at least one.",)
            return False
        return is_sound
