"""How many interactions a week a principal should have."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import IntegerField
from wtforms.validators import NumberRange, Optional

from crm.models import User

MOST = 1000


def _goal(label: str) -> Any:
    return IntegerField(
        label,
        [Optional(), NumberRange(0, MOST, message=f"Write a number from 0 to {MOST}, or nothing.")],
    )


class GoalForm(FlaskForm):
    """The goal by everyone together, and below it one field for each person (`form_for`)."""

    everyone = _goal("Everyone together")

    @property
    def people(self) -> list[IntegerField]:
        """The fields of single persons."""
        return [field for field in self if field.name.startswith("person_")]

    @property
    def goals(self) -> dict[int | None, int | None]:
        """What was said, by person, None = everyone together."""
        said: dict[int | None, int | None] = {None: self.everyone.data}
        return said | {int(field.name.removeprefix("person_")): field.data for field in self.people}


def form_for(people: Iterable[User]) -> type[GoalForm]:
    """The form with a field for each of these people."""
    fields = {f"person_{one.user_id}": _goal(one.full_name) for one in people}
    return type("GoalsOfPeople", (GoalForm,), fields)


def shown(goals: Mapping[int | None, int]) -> dict[str, int]:
    """What the fields hold for these goals."""
    return {"everyone" if who is None else f"person_{who}": goal for who, goal in goals.items()}
