"""Sentences about organizations and contacts, and the words for their columns (floor 5)."""

import re
from datetime import date

from crm.enums import AuditAction
from crm.filters import counted, day, moment
from crm.queries.contacts import Profile as ContactProfile
from crm.queries.history import Change
from crm.queries.keys import read_day, read_moment
from crm.queries.organizations import CADENCE
from crm.queries.organizations import Profile as OrganizationProfile

LABELS = {
    "is_principal": "Principal",
    "is_distributor": "Distributor",
    "owner_id": "Owner",
    "second_owner_id": "Second owner",
    "parent_organization_id": "Belongs to",
    "usual_distributor_id": "Usual distributor",
    "weekly_focus_on": "Weekly focus",
    "is_anchor": "Anchor account",
    "address_line1": "Street",
    "address_line2": "Suite, floor",
    "linkedin": "LinkedIn",
    "organization_id": "Organization",
    "is_key_contact": "Key contact",
    "is_primary": "Primary contact",
    "advocacy_status": "Where they stand",
    "mobile_phone": "Mobile",
    "other_phone": "Another phone",
    "preferred_channel": "Likes to be reached by",
    "reports_to_id": "Reports to",
    "left_on": "Left on",
    "contact_id": "Contact",
    "follow_up_id": "Follow-up",
    "product_id": "Product",
    "opportunity_id": "Opportunity",
}
"""What people call a column; any other by its own name."""
LABELS_OF = {("samples", "contact_id"): "Sent to", ("users", "two_factor_on_at"): "Two-factor sign-in since"}
"""The same where a table has its own word for it."""

KINDS = {
    "organizations": "Organization",
    "contacts": "Contact",
    "products": "Product",
    "opportunities": "Opportunity",
    "interactions": "Interaction",
    "samples": "Sample",
    "users": "Person",
    "picklist_values": "Word of a list",
    "activity_goals": "Weekly goal",
    "contact_advocacies": "How a contact speaks of a principal",
    "employments": "Where a contact works",
    "product_distributors": "Who stocks a product",
    "distributor_principals": "What a distributor carries",
    "opportunity_products": "Product of an opportunity",
    "opportunity_principals": "Principal of an opportunity",
    "opportunity_contacts": "Somebody with a say in an opportunity",
    "interaction_principals": "Principal of an interaction",
}
"""What a row of each audited table is."""

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")


def label(column: str, table: str = "") -> str:
    """What a column is called: "Second owner", "Postal code"."""
    own = LABELS_OF.get((table, column)) or LABELS.get(column)
    return own or column.removesuffix("_id").replace("_", " ").capitalize()


def kind(table: str) -> str:
    """What a row of an audited table is: "Organization", "Product of an opportunity"."""
    return KINDS[table]


def said(value: str, zone: str, today: date) -> str:
    """What stood in a column, as people say it: days and moments in words, nothing as "Empty"."""
    at = read_moment(value) if _MOMENT.fullmatch(value) else None
    if at is not None:
        return moment(at, zone, today)
    on = read_day(value) if _DAY.fullmatch(value) else None
    return day(on, today) if on is not None else value or "Empty"


def deed(change: Change) -> str:
    """What was done, as the beginning of a line of history."""
    if change.action is AuditAction.INSERT:
        return "Added"
    if change.action is AuditAction.DELETE:
        return "Removed"
    if change.is_archiving:
        return "Archived"
    return "Restored" if change.is_restoring else "Changed"


def quiet(profile: OrganizationProfile, today: date) -> str:
    """That an account has waited longer for us than its priority allows; "" while it has not."""
    priority, since = profile.organization.priority, profile.cold_since
    if priority is None or since is None or since > today or profile.last_on is None:
        return ""
    days = (today - profile.last_on).days
    return (
        f"Quiet for {counted(days, 'day')}, since {day(profile.last_on, today)}. "
        f"An account of priority {priority} hears from us every {CADENCE[priority]} days."
    )


def alone(in_touch: list[str]) -> str:
    """That only one colleague knows them; "" where nobody or several do."""
    return f"Only {in_touch[0]} has been in touch with them." if len(in_touch) == 1 else ""


def of_contact(profile: ContactProfile, today: date) -> str:
    """How often we were in touch with somebody, and when last."""
    if profile.last_on is None:
        return "Nobody has been in touch with them yet."
    return (
        f"{counted(profile.touches, 'interaction').capitalize()}, the last on {day(profile.last_on, today)}."
    )
