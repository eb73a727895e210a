"""Questions that are answered: plain read-only functions, called through their module (`queries.follow_ups.due`).

Floor 3. What they take (person, day, moment) comes in as arguments.
"""

from crm.queries import follow_ups, principals, today, users, whom

__all__ = ["follow_ups", "principals", "today", "users", "whom"]
