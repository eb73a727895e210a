"""The forms of who carries what: a product at a distributor, a principal at a distributor."""

from collections.abc import Iterable
from typing import Any, ClassVar

from wtforms import BooleanField, ValidationError
from wtforms.validators import Optional

from crm.enums import AuthorizationState, StockStatus
from crm.forms.base import EditForm
from crm.forms.fields import Choice, Line, Notes
from crm.forms.follow_ups import Day
from crm.queries.keys import read_number
from crm.queries.promises import Named
from crm.services import authorizations, stock

FIRST, LAST = 1950, 2100
"""Years outside of these are slips."""


def _offers(known: Iterable[Named]) -> list[tuple[str, str]]:
    return [(str(one.number), one.name) for one in known]


def _is_near(field: Day) -> None:
    if field.data is not None and not FIRST <= field.data.year <= LAST:
        raise ValidationError("Check the year.")


class StockForm(EditForm):
    """A product at a distributor; which one is asked for a new line only."""

    FIELDS: ClassVar = ("item_number", "status", "since_on", "is_primary")

    distributor_id = Choice("Distributor", nothing="Choose a distributor")
    item_number = Line("Item number", most=100)
    status = Choice("Status", nothing="Choose one")
    since_on = Day("Since", [Optional()])
    is_primary = BooleanField("Primary distributor")

    def __init__(self, *args: Any, distributors: Iterable[Named] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = distributors is not None
        self.distributor_id.offer(_offers(distributors or ()))
        self.status.offer((word.value, word.value.capitalize()) for word in StockStatus)

    def validate_distributor_id(self, field: Choice) -> None:
        """Somebody has it."""
        if self.is_new and not field.data:
            raise ValidationError("Choose who stocks it.")

    def validate_status(self, field: Choice) -> None:
        """Every line has one."""
        if not field.data:
            raise ValidationError("Choose whether they have it now.")

    def validate_since_on(self, field: Day) -> None:
        """A day that somebody can have meant."""
        _is_near(field)

    @property
    def distributor(self) -> int:
        """Who has it, on a new line. Meaningful after the form was found valid."""
        return read_number(self.distributor_id.data) or 0

    @property
    def entry(self) -> stock.Entry:
        """What was typed. Meaningful after the form was found valid."""
        return stock.Entry(
            item_number=self.item_number.data,
            status=StockStatus(self.status.data),
            since_on=self.since_on.data,
            is_primary=self.is_primary.data,
        )


class AuthorizationForm(EditForm):
    """How far a distributor has taken a principal on; a new row asks for the one that is not given."""

    FIELDS: ClassVar = ("state", "buyer_contact_id", "since_on", "expires_on", "notes")

    distributor_id = Choice("Distributor", nothing="Choose a distributor")
    principal_id = Choice("Principal", nothing="Choose a principal")
    state = Choice("State", nothing="Choose one")
    buyer_contact_id = Choice("Buyer", nothing="Not known")
    since_on = Day("Since", [Optional()])
    expires_on = Day("Expires", [Optional()])
    notes = Notes()

    def __init__(
        self,
        *args: Any,
        distributors: Iterable[Named] = (),
        principals: Iterable[Named] = (),
        buyers: Iterable[Named] = (),
        asks: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.asks = asks
        """What a new row asks for: `distributor_id` or `principal_id`; "" for a row that is there."""
        self.distributor_id.offer(_offers(distributors))
        self.principal_id.offer(_offers(principals))
        self.buyer_contact_id.offer(_offers(buyers))
        self.state.offer((word.value, word.value.capitalize()) for word in AuthorizationState)

    def validate_distributor_id(self, field: Choice) -> None:
        """A new row on the page of a principal names the distributor."""
        if self.asks == "distributor_id" and not field.data:
            raise ValidationError("Choose a distributor.")

    def validate_principal_id(self, field: Choice) -> None:
        """A new row on the page of a distributor names the principal."""
        if self.asks == "principal_id" and not field.data:
            raise ValidationError("Choose a principal.")

    def validate_state(self, field: Choice) -> None:
        """Every row has one."""
        if not field.data:
            raise ValidationError("Choose how far they have come.")

    def validate_since_on(self, field: Day) -> None:
        """A day that somebody can have meant."""
        _is_near(field)

    def validate_expires_on(self, field: Day) -> None:
        """A day that somebody can have meant, not before it begins."""
        _is_near(field)
        if field.data and self.since_on.data and field.data < self.since_on.data:
            raise ValidationError("It cannot end before it begins. Choose a later day.")

    @property
    def other(self) -> int:
        """What a new row asked for. Meaningful after the form was found valid."""
        return read_number(self[self.asks].data) or 0

    @property
    def entry(self) -> authorizations.Entry:
        """What was typed. Meaningful after the form was found valid."""
        return authorizations.Entry(
            state=AuthorizationState(self.state.data),
            buyer_contact_id=read_number(self.buyer_contact_id.data),
            since_on=self.since_on.data,
            expires_on=self.expires_on.data,
            notes=self.notes.data,
        )
