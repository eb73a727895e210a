"""A word of one of the firm's lists."""

from flask_wtf import FlaskForm

from crm.forms.fields import Line


class WordForm(FlaskForm):
    """What the word is."""

    value = Line("Word", required="Say what people choose, like Food truck.", most=100)
