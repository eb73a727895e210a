"""How the domain says no.

Floor 0: imports nothing of ours.
"""


class Refused(Exception):
    """The domain said no. `message` tells the person the way out; `field` is the form field to blame, if
    any.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Forbidden(Exception):
    """This person may not do that to this row. Answered 403."""


class SwitchedOff(Exception):
    """A feature that an admin has switched off, for this person or for everybody. Answered 403; its work
    waits.
    """


class MovedOn(Exception):
    """The record of this kind and number was merged into another one. A page is answered by the address of
    that one, a change by a word about it.
    """

    def __init__(self, kind: str, was: int, now: int) -> None:
        super().__init__(f"{kind} {was} is {now} now")
        self.kind = kind
        self.was = was
        self.now = now


REFUSALS: dict[str, Refused] = {
    "uq_users_email": Refused("Somebody signs in with this address already.", field="email"),
    "ck_organizations_circle": Refused(
        "That would make it its own parent, some steps up. Choose another parent.",
        field="parent_organization_id",
    ),
    "ck_contacts_circle": Refused(
        "They would report to themselves, some steps up. Choose somebody else.", field="reports_to_id"
    ),
    "ck_users_circle": Refused(
        "They would be their own manager, some steps up. Choose another manager.", field="manager"
    ),
    "uq_product_distributors_pair": Refused(
        "This distributor has the product already. Change that line instead.", field="distributor_id"
    ),
    "uq_product_distributors_primary": Refused(
        "Another distributor is the primary one. Take that mark off first.", field="is_primary"
    ),
    "uq_distributor_principals_pair": Refused(
        "This distributor and principal stand together already. Change that line instead.",
        field="principal_id",
    ),
    "ck_distributor_principals_days": Refused(
        "It cannot expire before it begins. Choose a later day.", field="expires_on"
    ),
    "ck_contact_advocacies_days": Refused(
        "Something newer is known of them. Choose a day that is not before it.", field="since_on"
    ),
    "ck_employments_days": Refused(
        "They cannot have left before they began. Choose a later day.", field="ended_on"
    ),
    "ck_samples_follow_up": Refused(
        "An open sample needs a follow-up. Say when you will ask for feedback.", field="follow_up_on"
    ),
    "ck_samples_promise": Refused(
        "An open sample counts on this follow-up. Log what they said of the sample first."
    ),
    "uq_picklist_values_value": Refused("This word stands in the list already.", field="value"),
    "rs_picklist_values_used": Refused(
        "This word is in use. Archive it, or merge it into another one.", field="value"
    ),
    "uq_saved_views_name": Refused("You have a view of this name. Choose another name.", field="name"),
}
"""What a person is told when the database's own rule of this name says no."""


def refusal_of(error: Exception) -> Refused | None:
    """The refusal that stands for a violated constraint, or None for one that no person can mend."""
    name = getattr(getattr(getattr(error, "orig", None), "diag", None), "constraint_name", None)
    return REFUSALS.get(name or "")
