"""Things that are done: plain functions that write, called through their module (`services.follow_ups.complete`).

Floor 4. They know the session and nothing of the web, add and flush, and never commit.
"""

from crm.services import follow_up_moves, follow_ups, interactions, request_keys, sign_in

__all__ = ["follow_up_moves", "follow_ups", "interactions", "request_keys", "sign_in"]
