"""A word of one of the firm's lists: what it is, and what it is merged into."""

from flask_wtf import FlaskForm
from wtforms import ValidationError

from crm.forms.fields import MOST_TAG, Choice, Line


class WordForm(FlaskForm):
    """What the word is."""

    value = Line("Word", required="Say what people choose, like Food truck.", most=100)


class TagForm(WordForm):
    """The same of a tag: several stand in one line, with commas between them."""

    def validate_value(self, field: Line) -> None:
        """Short, and without a comma."""
        if "," in (field.data or ""):
            raise ValidationError("Commas stand between tags. Take it out.")
        if len(field.data or "") > MOST_TAG:
            raise ValidationError(f"A tag has at most {MOST_TAG} characters.")


class MergeForm(FlaskForm):
    """The word that takes the place of another one."""

    into = Choice("Into", nothing="Choose a word")
