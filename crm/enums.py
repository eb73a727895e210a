"""The words of the business, one StrEnum per PostgreSQL enum type, spelled as the database spells them.

Floor 0: imports nothing of ours. Docstrings are the glossary.
"""

from enum import StrEnum


class OpportunityStage(StrEnum):
    """How far a placement has come, from first idea to an end. Three stages are closed."""

    NEW_LEAD = "New Lead"
    INITIAL_OUTREACH = "Initial Outreach"
    SAMPLE_VISIT_OFFERED = "Sample/Visit Offered"
    AWAITING_RESPONSE = "Awaiting Response"
    FEEDBACK_LOGGED = "Feedback Logged"
    DEMO_SCHEDULED = "Demo Scheduled"
    CLOSED_WON = "Closed - Won"
    CLOSED_STALLED = "Closed - Stalled"
    CLOSED_NO_FIT = "Closed - No Fit"

    @property
    def is_closed(self) -> bool:
        return self in CLOSED_STAGES


CLOSED_STAGES = frozenset(
    {OpportunityStage.CLOSED_WON, OpportunityStage.CLOSED_STALLED, OpportunityStage.CLOSED_NO_FIT}
)


class InteractionType(StrEnum):
    """What kind of contact an interaction was. In running text a Demo/sampled is a tasting."""

    EMAIL = "Email"
    PHONE_CALL = "Phone Call"
    MEETING = "Meeting"
    DEMO_SAMPLED = "Demo/sampled"
    FOLLOW_UP = "Follow-up"
    NOTE = "Note"


class Sentiment(StrEnum):
    """How the other side took it."""

    POSITIVE = "Positive"
    NEUTRAL = "Neutral"
    NEGATIVE = "Negative"


class AdvocacyStatus(StrEnum):
    """How a contact speaks of us when we are not in the room."""

    CHAMPION = "Champion"
    SUPPORTER = "Supporter"
    NEUTRAL = "Neutral"
    SKEPTIC = "Skeptic"
    BLOCKER = "Blocker"


class EngagementLevel(StrEnum):
    """How warm a principal is, by days since the last touch (schema.md §1): 7, 14, 30, else Inactive.

    These are the texts of the SQL function `calculate_engagement_level`, not an enum type of its own.
    """

    HIGH = "High Engagement"
    MEDIUM = "Medium Engagement"
    LOW = "Low Engagement"
    INACTIVE = "Inactive"

    @property
    def short(self) -> str:
        """The word alone, as chips and mails show it: High, Medium, Low, Inactive."""
        return self.value.removesuffix(" Engagement")


class Priority(StrEnum):
    """How much an account matters to the firm, best first."""

    A_PLUS = "A+"
    A = "A"
    B = "B"
    C = "C"
    D = "D"


class ProductStatus(StrEnum):
    """Whether a principal makes the product now."""

    ACTIVE = "active"
    COMING_SOON = "coming soon"
    DISCONTINUED = "discontinued"


class StockStatus(StrEnum):
    """Whether a distributor has a product for its customers."""

    STOCKED = "stocked"
    SPECIAL_ORDER = "special order"
    OUT_OF_STOCK = "out of stock"
    DISCONTINUED = "discontinued"


class AuthorizationState(StrEnum):
    """How far a distributor has taken a principal on, from a wish to a truck that carries it, or an end."""

    TARGET = "target"
    PRESENTED = "presented"
    AUTHORIZED = "authorized"
    STOCKED = "stocked"
    EXPIRED = "expired"
    LOST = "lost"


class SampleStatus(StrEnum):
    """Where a sample is on its way. It is open until feedback was given."""

    SENT = "sent"
    RECEIVED = "received"
    TASTED = "tasted"
    FEEDBACK = "feedback"

    @property
    def following(self) -> "SampleStatus":
        """The one after this; feedback is the last."""
        after = list(SampleStatus).index(self) + 1
        return list(SampleStatus)[min(after, len(SampleStatus) - 1)]


class SampleVerdict(StrEnum):
    """What they said of one product they tasted."""

    LIKED = "liked"
    UNDECIDED = "undecided"
    DISLIKED = "disliked"


class RecordKind(StrEnum):
    """A kind of record that has a page of its own. Principals and distributors are organizations."""

    ORGANIZATION = "organization"
    CONTACT = "contact"
    PRODUCT = "product"
    OPPORTUNITY = "opportunity"
    INTERACTION = "interaction"


class Archivable(StrEnum):
    """A kind of record that is archived to the Trash and comes back from there."""

    ORGANIZATION = RecordKind.ORGANIZATION
    CONTACT = RecordKind.CONTACT
    PRODUCT = RecordKind.PRODUCT
    OPPORTUNITY = RecordKind.OPPORTUNITY
    INTERACTION = RecordKind.INTERACTION
    SAMPLE = "sample"
    """It stands on the page of its opportunity and has none of its own."""


class Picklist(StrEnum):
    """The lists of words that an admin keeps. Rows hold the words themselves, so a list can change."""

    SEGMENT = "segment"
    CONTEXT = "context"
    ACTIVITY = "activity"
    POSITION = "position"
    SOURCE = "source"
    CLOSE_REASON = "close reason"
    PRODUCT_CATEGORY = "product category"
    CONTACT_ROLE = "contact role"
    TAG = "tag"
    """The one of which a row may hold several, and anybody writes new ones."""


class AuditAction(StrEnum):
    """What was done to a row."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


class Role(StrEnum):
    """What a person of the firm may do: a rep keeps their book, a manager a team's, an admin the firm's."""

    REP = "rep"
    MANAGER = "manager"
    ADMIN = "admin"


class MailKind(StrEnum):
    """The kinds of news that a person is told. Reminder and digest are letters of their own, at most one of a
    kind on a local date; the others stand in one of these two.
    """

    REMINDER = "reminder"
    DIGEST = "digest"
    SLIPPED = "slipped"
    """Principals that have just slipped to Low, in the reminder of who looks after them."""
    NEGLECTED = "neglected"
    """Accounts that nobody has been in touch with for too long, in the digest."""
    EXPIRING = "expiring"
    """Authorizations that lapse soon or have just lapsed, in the digest."""
    STALE = "stale"
    """Opportunities that have been quiet for too long, in the digest."""


class TokenKind(StrEnum):
    """Who comes in by a token."""

    PERSONAL = "personal"
    """A script of the person whose it is."""
    SERVICE = "service"
    """Another system, by an account of its own that nobody signs in with."""
    CALENDAR = "calendar"
    """A calendar program that reads the person's follow-ups."""


class Channel(StrEnum):
    """Which way one kind of news reaches a person. What is mailed can be seen in the app as well."""

    MAIL = "mail"
    APP = "app"
    OFF = "off"


class DeliveryState(StrEnum):
    """What became of one person's mail of one kind on one local date."""

    PLANNED = "planned"
    MADE = "made"
    NOTHING_TO_SAY = "nothing to say"
    SUPERSEDED = "superseded"


class MailState(StrEnum):
    """Where one message is on its way to the mail server.

    `handing over` is committed before the content is transmitted; a message found there after its lease ran
    out may or may not have arrived, becomes `in doubt` and is never sent again by itself.
    """

    PLANNED = "planned"
    CLAIMED = "claimed"
    HANDING_OVER = "handing over"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in doubt"


class JobState(StrEnum):
    """Where one piece of planned work is."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class JobQueue(StrEnum):
    """Which workers a job is for, so that what takes long never delays what is short."""

    DEFAULT = "default"
    WORK = "work"


class JobRowState(StrEnum):
    """What has become of one row of a job."""

    WAITING = "waiting"
    DONE = "done"
    LEFT = "left"
    """It stays as it was; the reason stands with it."""
    RETURNED = "returned"
    """It was done and then taken back."""


class ImportState(StrEnum):
    """How far an import is."""

    READING = "reading"
    """The file is being read, or its rows are being checked against the book."""
    REFUSED = "refused"
    """The file as a whole could not be taken."""
    CHECKED = "checked"
    """What would happen is known, and nothing of it has."""
    APPLYING = "applying"
    APPLIED = "applied"
    REVERTING = "reverting"
    REVERTED = "reverted"


class ImportOutcome(StrEnum):
    """What would become, or became, of a row of a file."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    """The book says all of it already."""
    SKIPPED = "skipped"
    """It names nothing that could be brought in, and misses nothing either."""
    UNREADABLE = "unreadable"
    """It cannot be brought in until somebody mends it."""
    KEPT = "kept"
    """It stays with the import: no page shows what its sheet tells."""
