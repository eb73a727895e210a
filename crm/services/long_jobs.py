"""What each kind of long job does."""

from crm.queries.jobs import UNDOING
from crm.services import exports, jobs, schedules, undoings

jobs.LONG[exports.KIND] = exports.work
jobs.LONG[exports.KEEPING] = exports.keep
jobs.LONG[schedules.KIND] = schedules.work
jobs.LONG[UNDOING] = undoings.work
