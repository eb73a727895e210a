"""From the rows of an import to what would become of them: steps, each a record to create or change, and a
word on every row. Nothing here writes to the book.

`desk` is what the planners of single kinds share: the book by name, the answers that were given, the
questions that are open, and the steps so far.
"""

from crm.services.imports.plans.desk import Desk
from crm.services.imports.plans.planner import plan
from crm.services.imports.plans.steps import RowPlan, SheetOf, Step

__all__ = ["Desk", "RowPlan", "SheetOf", "Step", "plan"]
