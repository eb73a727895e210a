"""Fields tie label, hint, error and counter together; refused forms lead to what is wrong."""

from markupsafe import Markup
from wtforms import BooleanField, Form, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from tests.components.conftest import Draw


class LogForm(Form):
    """A little of the log form."""

    notes = TextAreaField("Notes", [Length(max=10_000)])
    subject = StringField("Subject", [InputRequired("Say what it was about")])
    is_promise = BooleanField("Follow up")
    type = RadioField("What was it?", choices=["Email", "Note"])


def refused() -> LogForm:
    form = LogForm(data={"type": "Note"})
    form.subject.errors = ["Say what it was about"]
    return form


def test_an_error_is_tied_to_its_field_and_marks_it(draw: Draw) -> None:
    field = draw("field", "field", refused().subject, hint="In a few words")
    control = field.find("input")
    assert control is not None
    assert control["aria-invalid"] == "true"
    described = [field.find(id=one) for one in str(control["aria-describedby"]).split()]
    assert [one and one.text.strip() for one in described] == ["In a few words", "Say what it was about"]


def test_a_good_field_is_not_marked(draw: Draw) -> None:
    control = draw("field", "field", LogForm().notes).find("textarea")
    assert control is not None
    assert "aria-invalid" not in control.attrs
    assert "aria-describedby" not in control.attrs


def test_a_counted_text_is_never_cut_off_by_the_browser(draw: Draw) -> None:
    field = draw("field", "field", LogForm().notes, count=10_000)
    control = field.find("textarea")
    assert control is not None
    assert "maxlength" not in control.attrs
    counter = field.find(id=str(control["aria-describedby"]))
    assert counter is not None
    assert counter.text == "at most 10,000 characters"


def test_the_same_form_can_stand_twice_on_a_page(draw: Draw) -> None:
    control = draw("field", "field", LogForm().subject, prefix="dialog-").find("input")
    assert control is not None
    assert (control["id"], control["name"]) == ("dialog-subject", "subject")


def test_a_tick_box_has_its_words_after_it(draw: Draw) -> None:
    label = draw("field", "field", LogForm().is_promise, hint="We remind you").find("label")
    assert label is not None
    assert label.find("input") is not None
    assert label.get_text(" ", strip=True) == "Follow up We remind you"


def test_choices_are_native_radios_in_a_named_group(draw: Draw) -> None:
    group = draw("choices", "choices", refused().type, small={"Note": "for yourself"})
    assert group.name == "fieldset"
    assert group.find("legend") is not None
    radios = group.select("label.choice > input[type=radio]")
    assert [radio["value"] for radio in radios] == ["Email", "Note"]
    assert [radio.has_attr("checked") for radio in radios] == [False, True]
    assert group.get_text(" ", strip=True).endswith("Note for yourself")


def test_the_summary_leads_to_each_refused_field(draw: Draw) -> None:
    summary = draw("banner", "errors", refused(), prefix="dialog-")
    assert summary["role"] == "alert"
    link = summary.find("a")
    assert link is not None
    assert (link["href"], link.text) == ("#dialog-subject", "Subject: Say what it was about")


def test_a_picker_posts_one_value_with_and_without_scripts(draw: Draw) -> None:
    plain = Markup('<select name="about"><option>Somebody</option></select>')
    picker = draw("picker", "picker", "whom", "about", "Whom", "/options", caller=lambda: plain)
    hidden = picker.select_one("input[type=hidden]")
    assert hidden is not None
    assert hidden.has_attr("disabled"), "until a script takes over, the select beside it is what is posted"
    fallback = picker.select_one("[data-picker-target=plain] select")
    assert fallback is not None
    assert fallback["name"] == hidden["name"]


def test_a_form_s_key_is_new_each_time_unless_handed_in(draw: Draw) -> None:
    first, second = (draw("request_key", "request_key")["value"] for _ in range(2))
    assert first != second
    assert draw("request_key", "request_key", "kept")["value"] == "kept"
