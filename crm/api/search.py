"""One search over the whole book."""

from typing import Annotated

from pydantic import Field

from crm import queries, web
from crm.api.operations import operation
from crm.api.schemas import Asking, Reading, missing
from crm.enums import EngagementLevel, OpportunityStage
from crm.queries.search import LEAST_LETTERS, MOST_LETTERS, Kind


class Hit(Reading):
    """A record that was found. `is_near` ones were found only because a slip was forgiven."""

    kind: Kind
    record_id: int
    title: str
    detail: str
    is_near: bool
    stage: OpportunityStage | None
    level: EngagementLevel | None


class Hits(Reading):
    """What was found, the best kind first and the best of a kind first."""

    items: list[Hit]


class Asked(Asking):
    """What is looked for."""

    q: Annotated[str, Field(min_length=LEAST_LETTERS, max_length=MOST_LETTERS)]
    kind: Annotated[Kind, Field(description="This kind alone.")] = missing()
    limit: Annotated[int, Field(ge=1, le=50, description="How many of each kind at most.")] = 8


@operation("GET", "/search", noun="search", name="search", query=Asked, answers=Hits)
def search(asked: Asked) -> Hits:
    """Records by a few letters of their name, products by their numbers as well; slips are forgiven."""
    kinds = (asked.kind,) if asked.kind else tuple(Kind)
    found = queries.search.find(asked.q, kinds=kinds, each=asked.limit, today=web.firm_today())
    return Hits(items=[Hit.model_validate(hit) for hit in found])
