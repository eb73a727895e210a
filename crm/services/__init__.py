"""Things that are done: plain functions that write, called through their module (`services.follow_ups.complete`).

Floor 4. They know the session and nothing of the web, add and flush, and never commit.
"""

from crm.services import (
    accounts,
    deliveries,
    demo,
    digests,
    engagement,
    follow_up_moves,
    follow_ups,
    handovers,
    imports,
    interactions,
    invitations,
    jobs,
    keeping,
    letters,
    mails,
    notification_preferences,
    planning,
    reminders,
    request_keys,
    sending,
    sign_in,
)

__all__ = [
    "accounts",
    "deliveries",
    "demo",
    "digests",
    "engagement",
    "follow_up_moves",
    "follow_ups",
    "handovers",
    "imports",
    "interactions",
    "invitations",
    "jobs",
    "keeping",
    "letters",
    "mails",
    "notification_preferences",
    "planning",
    "reminders",
    "request_keys",
    "sending",
    "sign_in",
]
