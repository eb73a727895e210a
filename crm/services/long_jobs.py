"""What each kind of long job does."""

from crm.services import exports, jobs

jobs.LONG[exports.KIND] = exports.work
jobs.LONG[exports.KEEPING] = exports.keep
