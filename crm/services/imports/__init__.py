"""Bringing in the lists that a broker already keeps.

From the bytes of a file to rows: `decoding`, `delimiters`, `records`, `headers`, `rows` (with `cells`,
`states`, `money`, `text`), put together by `reading`; none of them knows the database or the clock. From rows
to the book: `matching`, `merging`, `directory`, `distributors`, `aliases` and `writing`, put together by
`running`.
"""

from crm.services.imports.aliases import AliasReport
from crm.services.imports.aliases import load as load_aliases
from crm.services.imports.distributors import MayChange
from crm.services.imports.problems import Problem, Weight, of_weight
from crm.services.imports.running import Report, run

__all__ = ["AliasReport", "MayChange", "Problem", "Report", "Weight", "load_aliases", "of_weight", "run"]
