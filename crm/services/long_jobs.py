"""What each kind of long job does."""

from crm.queries.jobs import UNDOING
from crm.services import exports, jobs, many_changes, schedules, undoings

jobs.LONG[exports.KIND] = exports.work
jobs.LONG[exports.KEEPING] = exports.keep
jobs.LONG[many_changes.KIND] = many_changes.work
jobs.LONG[schedules.KIND] = schedules.work
jobs.LONG[UNDOING] = undoings.work
