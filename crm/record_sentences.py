"""Sentences about organizations and contacts, and the words for their columns (floor 5)."""

from datetime import date

from crm.enums import AuditAction
from crm.filters import counted, day
from crm.queries.contacts import Profile as ContactProfile
from crm.queries.history import Change
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
    "contact_id": "Sent to",
    "follow_up_id": "Follow-up",
    "product_id": "Product",
    "opportunity_id": "Opportunity",
}
"""What people call a column; any other by its own name."""


def label(column: str) -> str:
    """What a column is called: "Second owner", "Postal code"."""
    return LABELS.get(column) or column.replace("_", " ").capitalize()


def deed(change: Change) -> str:
    """What was done, as the beginning of a line of history."""
    if change.action is AuditAction.INSERT:
        return "Added"
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
