"""How the domain says no.

Floor 0: imports nothing of ours.
"""


class Refused(Exception):
    """The domain said no. `message` tells the person the way out; `field` is the form field to blame, if any."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Forbidden(Exception):
    """This person may not do that to this row. Answered 403."""
