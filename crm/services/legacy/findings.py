"""What the migration noticed and decided nothing about: doubles, contradictions, candidates, cut texts.

Nothing is merged or guessed silently. Each finding names the old row, so that a person can look at both.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is odd, in the words of the report."""

    MAY_BE_A_PRINCIPAL = "may be a principal"
    MAY_BE_A_DISTRIBUTOR = "may be a distributor"
    NOT_A_DISTRIBUTOR = "usual distributor is not marked as one"
    ARCHIVED_DISTRIBUTOR = "usual distributor is archived"
    DISTRIBUTOR_OF_A_DISTRIBUTOR = "a distributor with a distributor"
    CIRCLE = "parents in a circle"
    STATUS_READ = "status read as another word"
    CUT = "text cut, whole in the notes and the archive"
    AMOUNT = "names an amount"
    UNKNOWN_USER = "names an account that does not exist"
    UNKNOWN_OWNER = "names a person without an account"
    SAME_NAME = "may be a double"
    SAME_PERSON = "may be the same person"
    SECOND_PRIMARY = "second primary contact of an organization"
    SECOND_ORGANIZATION = "works at a second organization"
    NOT_A_PRINCIPAL = "principal is not marked as one"
    NO_PRINCIPAL = "product without a principal"
    MORE_PRINCIPALS = "product of several principals"
    STAGE_CONTRADICTS = "stage and flags contradict"
    OTHER_PRINCIPALS_PRODUCT = "product of another principal"
    PRINCIPAL_NOT_LISTED = "stated principal missing from the list"
    FOLLOW_UP_SET = "follow-up day set by the migration"
    IN_BOTH_TABLES = "stands in both interaction tables"
    TEXT_AND_KEY = "text names one organization, the key another"
    MADE_FROM_TEXT = "organization made from a contact's text"
    REJECTED = "could not be taken"


@dataclass(frozen=True)
class Finding:
    """One oddity of one old row."""

    table: str
    id: str
    kind: Kind
    text: str
