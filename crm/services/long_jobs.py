"""What each kind of long job does."""

from crm.db import transaction
from crm.queries.jobs import UNDOING
from crm.queries.merges import MERGING, SPLITTING
from crm.services import duplicates, exports, jobs, large_merges, many_changes, schedules, undoings
from crm.services.imports import applying, checking, reverting, sessions

jobs.LONG[duplicates.KIND] = duplicates.work


def _keep_files(held: jobs.Held) -> None:
    """Take away the files whose time is over: those that were brought, and those that were written."""
    with transaction():
        jobs.hold(held)
        sessions.keep(held.surroundings.data_dir)
    exports.keep(held)


jobs.LONG[exports.KIND] = exports.work
jobs.LONG[exports.KEEPING] = _keep_files
jobs.LONG[MERGING] = large_merges.work
jobs.LONG[SPLITTING] = large_merges.take_back
jobs.LONG[many_changes.KIND] = many_changes.work
jobs.LONG[schedules.KIND] = schedules.work
jobs.LONG[UNDOING] = undoings.work
jobs.LONG[sessions.CHECK] = checking.work
jobs.LONG[sessions.APPLY] = applying.work
jobs.LONG[sessions.REVERT] = reverting.work
