"""Bringing in the lists that a broker already keeps.

A file becomes a session: `sessions` says what a person may ask of it, and three jobs do the work. `checking`
reads the file (`decoding`, `delimiters`, `records`, `workbooks`), recognises its sheets (`layouts`) and plans
what would come of each row (`plans`, with `rows`, `cells`, `states`, `money`, `people`, `text`); `applying`
does what was planned, `reverting` takes it back. `aliases` are the firm's own spellings.
"""

from crm.services.imports.aliases import AliasReport
from crm.services.imports.aliases import load as load_aliases
from crm.services.imports.distributors import MayChange
from crm.services.imports.problems import Problem, Weight, of_weight

__all__ = ["AliasReport", "MayChange", "Problem", "Weight", "load_aliases", "of_weight"]
