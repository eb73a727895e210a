"""The form of a product."""

from collections.abc import Iterable
from typing import Any, ClassVar

from wtforms import ValidationError

from crm.enums import ProductStatus
from crm.forms.base import EditForm
from crm.forms.fields import Choice, Line, Notes, Tags
from crm.queries.keys import read_number
from crm.queries.products import Maker
from crm.services.products import Entry


class ProductForm(EditForm):
    """A name is all that is required, and for a new product who makes it."""

    FIELDS: ClassVar = (
        "name", "category", "status", "unit_size", "manufacturer_code", "allergens", "certifications",
        "description",
    )  # fmt: skip

    name = Line("Name", required="Give it the name that is on the carton.")
    principal_id = Choice("Principal", nothing="Choose a principal")
    category = Choice("Category", nothing="None yet")
    status = Choice("Status", nothing="Choose one")
    unit_size = Line("Pack", most=100)
    manufacturer_code = Line("Maker’s code", most=100)
    allergens = Tags("Allergens")
    certifications = Tags("Certifications")
    description = Notes("Description")

    def __init__(
        self, *args: Any, makers: Iterable[Maker], categories: Iterable[str], is_new: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = is_new
        self.principal_id.offer((str(one.principal_id), one.name) for one in makers)
        self.category.offer((word, word) for word in categories)
        self.status.offer((word.value, word.value.capitalize()) for word in ProductStatus)

    def validate_principal_id(self, field: Choice) -> None:
        """Somebody makes it."""
        if self.is_new and not field.data:
            raise ValidationError("Choose who makes it.")

    def validate_status(self, field: Choice) -> None:
        """Every product has one."""
        if not field.data:
            raise ValidationError("Choose whether they make it now.")

    @property
    def maker(self) -> int | None:
        """Who makes a product that is new or nobody's yet. Meaningful after the form was found valid."""
        return read_number(self.principal_id.data or "")

    @property
    def entry(self) -> Entry:
        """What was typed. Meaningful after the form was found valid."""
        return Entry(
            name=self.name.data,
            category=self.category.kept,
            description=self.description.data,
            status=ProductStatus(self.status.data),
            manufacturer_code=self.manufacturer_code.data,
            unit_size=self.unit_size.data,
            allergens=self.allergens.data or [],
            certifications=self.certifications.data or [],
        )
