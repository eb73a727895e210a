"""Questions that are answered: plain read-only functions, called through their module (`queries.follow_ups.due`).

Floor 3. What they take (person, day, moment) comes in as arguments.
"""

from crm.queries import (
    belongings,
    digests,
    firm,
    follow_ups,
    inbox,
    jobs,
    mails,
    notification_preferences,
    principal_weeks,
    principals,
    products,
    team,
    timeline,
    today,
    users,
    whom,
)

__all__ = [
    "belongings",
    "digests",
    "firm",
    "follow_ups",
    "inbox",
    "jobs",
    "mails",
    "notification_preferences",
    "principal_weeks",
    "principals",
    "products",
    "team",
    "timeline",
    "today",
    "users",
    "whom",
]
