"""The old hosted database, brought into the book: looked at, migrated, verified, taken out again.

It is read in one snapshot and never written (`source`). What becomes of each table and column stands in
`catalogue`; one module a noun turns its rows into ours, and says what was odd about them (`findings`). Each
old row is kept whole in `legacy_archive`, and each row made of one is named in `legacy_id_map`, so that a
second run changes nothing and a rollback finds exactly what came.
"""

from crm.services.legacy.findings import Finding, Kind
from crm.services.legacy.inspecting import Inspected, inspect
from crm.services.legacy.migrating import Migrated, migrate
from crm.services.legacy.rolling_back import RolledBack, rollback
from crm.services.legacy.source import Shape, Source
from crm.services.legacy.verifying import Account, Check, Verified, verify

__all__ = [
    "Account",
    "Check",
    "Finding",
    "Inspected",
    "Kind",
    "Migrated",
    "RolledBack",
    "Shape",
    "Source",
    "Verified",
    "inspect",
    "migrate",
    "rollback",
    "verify",
]
