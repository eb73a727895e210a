"""The table of settings in docs/operations.md, from crm/config.py: name, default, what is said of each."""

import ast
import inspect
from itertools import pairwise
from typing import cast

from pydantic.fields import FieldInfo

from crm.config import Settings

NEEDED_BY = {
    "database_url": "web; all, where there is no other",
    "database_worker_url": "workers, beat; commands without an owner's",
    "database_owner_url": "commands",
    "database_live_url": "web behind a pool by transaction",
    "database_backup_url": "workers, `flask backup`, `flask db`",
    "redis_url": "all",
    "smtp_url": "workers; `/ops` and `flask doctor` knock there",
    "mail_from": "workers",
    "mail_journal": "workers, `flask backup`, `flask mail hold`",
    "secret_key": "all",
    "base_url": "all",
    "trusted_hosts": "web",
    "trusted_proxies": "web",
    "data_dir": "all",
    "demo_password": "`flask demo load`",
    "ops_token": "web",
    "log_level": "all",
    "firm_name": "all",
    "firm_timezone": "all",
    "pantry_env": "all",
    "migrate_without_backup": "`flask db`",
    "pantry_failpoint": "tests",
}
"""Which processes read it: the one thing that the code does not tell by itself. A setting that is missing
here stops `bin/docs`.
"""


def table() -> str:
    """A row for each setting, in the order of the code."""
    said = meanings()
    rows = ["| variable | needed by | default | meaning |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        meaning = said[name].replace("|", "\\|")
        rows.append(f"| `{name.upper()}` | {NEEDED_BY[name]} | {_default(field)} | {meaning} |")
    return "\n".join(rows)


def meanings() -> dict[str, str]:
    """What stands below each field in the source, on one line. Read here and not by pydantic, which would
    read the source once more at each start of each process.
    """
    settings = cast("ast.ClassDef", ast.parse(inspect.getsource(Settings)).body[0])
    return {
        field.target.id: " ".join(str(below.value.value).split())
        for field, below in pairwise(settings.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
    }


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "none: must be set"
    return f"`{field.default}`" if field.default not in (None, "", ()) else "none"
