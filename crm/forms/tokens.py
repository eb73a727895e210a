"""The form that makes a token."""

from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, SelectMultipleField, ValidationError
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from crm.forms.fields import Line
from crm.services.tokens import NOUNS

DAYS = {"30": "30 days", "90": "90 days", "365": "A year", "": "Until it is revoked"}
WHOLE = {"read": "Read everything", "write": "Read and change everything", "": "Only what is ticked below"}


class TokenForm(FlaskForm):
    """What it is for, what it opens, and how long."""

    name = Line(
        "What is it for?", [InputRequired("Give it a name, so that you know later what it is for.")], most=100
    )
    may = SelectField("What may it do?", choices=[SelectChoice(*one) for one in WHOLE.items()])
    nouns = SelectMultipleField(
        "Only this",
        choices=[
            SelectChoice(f"{noun}:{act}", f"{noun.capitalize()}: {act}")
            for noun in NOUNS
            for act in ("read", "write")
        ],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    days = SelectField(
        "How long is it good?", choices=[SelectChoice(*one) for one in DAYS.items()], default="90"
    )

    def validate_nouns(self, field: SelectMultipleField) -> None:
        """Without the whole at least one part."""
        if not self.may.data and not field.data:
            raise ValidationError("Tick what it may do.")

    @property
    def scopes(self) -> list[str]:
        """What it opens. Meaningful after the form was found valid."""
        return [self.may.data] if self.may.data else list(self.nouns.data or ())
