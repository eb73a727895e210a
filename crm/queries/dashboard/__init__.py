"""Questions of the dashboard: one for each panel, and the frame around them.

`whose` is a user's id or "everyone"; days are the firm's. A figure is asked by the predicate of the list that
it leads to (`happenings`, `standings.Book`, the filters of `queries.lists`), so that both always agree.
"""

from crm.queries.dashboard import cards, coverage, frame, metrics, periods, pulses, scorecards, stale

__all__ = ["cards", "coverage", "frame", "metrics", "periods", "pulses", "scorecards", "stale"]
