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


REFUSALS: dict[str, Refused] = {
    "uq_users_email": Refused("Somebody signs in with this address already.", field="email"),
}
"""What a person is told when the database's own rule of this name says no."""


def refusal_of(error: Exception) -> Refused | None:
    """The refusal that stands for a violated constraint, or None for one that no person can mend."""
    name = getattr(getattr(getattr(error, "orig", None), "diag", None), "constraint_name", None)
    return REFUSALS.get(name or "")
