"""What an admin says about an account."""

from collections.abc import Iterable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import EmailField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from crm.enums import Role
from crm.models import User
from crm.queries.keys import read_number

ROLES = {
    Role.REP: "Rep: keeps their own book",
    Role.MANAGER: "Manager: keeps a team's as well",
    Role.ADMIN: "Admin: keeps everybody's, and the accounts",
}


class PersonField(SelectField):
    """Somebody of the firm by their number; None for the choice `nobody`."""

    def __init__(self, label: str, *, nobody: str, **kwargs: Any) -> None:
        self.nobody = nobody
        super().__init__(
            label, coerce=_number, choices=[], invalid_choice_message="Choose one of the list.", **kwargs
        )

    def offer(self, people: Iterable[User]) -> None:
        """Let one of these be chosen."""
        named = [SelectChoice(str(one.user_id), one.full_name) for one in people]
        self.choices = [SelectChoice("", self.nobody), *named]


def _number(value: str | int) -> int | None:
    number = read_number(str(value))
    if number is None and value:
        raise ValueError
    return number


class RoleForm(FlaskForm):
    """What somebody may do, and in whose team they are."""

    role = SelectField("Role", choices=[SelectChoice(role.value, words) for role, words in ROLES.items()])
    manager = PersonField("Manager", nobody="Nobody")

    def __init__(self, *args: Any, managers: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manager.offer(managers)


class InvitationForm(RoleForm):
    """Somebody new."""

    name = StringField(
        "Name", [InputRequired("Say what they are called, like Nell Carrow."), Length(max=120)]
    )
    email = EmailField(
        "E-mail", [InputRequired("Say where the letter goes, like nell@pantry.example."), Length(max=254)]
    )


class LeaveForm(FlaskForm):
    """Who takes over from somebody who leaves."""

    records_to = PersonField("Their records and promises go to", nobody="Choose who")
    team_to = PersonField("Their team goes to", nobody="Choose a manager")

    def __init__(self, *args: Any, people: Iterable[User], managers: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.records_to.offer(people)
        self.team_to.offer(managers)
