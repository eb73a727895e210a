"""Distribution: which distributor has which product, and how far each has taken a principal on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from crm import clock, queries, record_pages, services, web
from crm.api.operations import Answer, match, operation
from crm.api.organizations import distributor, principal
from crm.api.records import patched
from crm.api.schemas import Id, Reading, reading, writing
from crm.models import DistributorPrincipal, ProductDistributor
from crm.services import authorizations, stock

StockLine = reading("StockLine", ProductDistributor)
Authorization = reading("Authorization", DistributorPrincipal)


class StockLines(Reading):
    """Products at distributors."""

    items: list[StockLine]  # type: ignore[valid-type]


class Authorizations(Reading):
    """Distributors and principals."""

    items: list[Authorization]  # type: ignore[valid-type]


@dataclass(frozen=True, kw_only=True)
class Line:
    """What the two kinds of rows have in common."""

    one: str
    path: str
    key: str
    reads: type[Reading]
    entry: type[Any]
    changes: type[BaseModel]
    get: Callable[[int], Any]
    change: Callable[[Any, Any, int], object]
    take_off: Callable[..., object]
    put_back: Callable[[Any], object]


def _answer(line: Line, row: Any, *, status: int | None = None) -> Answer:
    return Answer(line.reads.model_validate(row), status, version=row.version)


def _to_change(line: Line, number: int) -> Any:
    found = line.get(number)
    record_pages.must_be_allowed(*found.owners)
    record_pages.must_be_live(found.record)
    return services.records.take(found.record)


def _add(line: Line) -> None:
    noun = "distribution"

    @operation(
        "GET", line.path, noun=noun, name=f"read_{line.one}", answers=line.reads, versioned=True,
        summary="One of them, taken off or not.",
    )  # fmt: skip
    def show(**numbers: int) -> Answer:
        return _answer(line, line.get(numbers[line.key]).record)

    @operation(
        "PATCH", line.path, noun=noun, name=f"change_{line.one}", body=line.changes, answers=line.reads,
        versioned=True, asks_version=True, summary="Change what is sent; the rest stays.",
    )  # fmt: skip
    def change(said: BaseModel, **numbers: int) -> Answer:
        row = _to_change(line, numbers[line.key])
        line.change(row, patched(line.entry, row, said), match(row))
        return _answer(line, row)

    @operation(
        "DELETE", line.path, noun=noun, name=f"take_off_{line.one}", status=204,
        summary="Take it off; it can be put back.",
    )  # fmt: skip
    def take_off(**numbers: int) -> Answer:
        line.take_off(_to_change(line, numbers[line.key]), now=clock.now())
        return Answer()

    @operation(
        "POST", f"{line.path}/restoration", noun=noun, name=f"put_back_{line.one}", answers=line.reads,
        versioned=True, summary="Put back what was taken off.",
    )  # fmt: skip
    def put_back(**numbers: int) -> Answer:
        found = line.get(numbers[line.key])
        record_pages.must_be_allowed(*found.owners)
        line.put_back(found.record)
        return _answer(line, found.record)


STOCK = Line(
    one="stock_line",
    path="/stock/<product_distributor_id>",
    key="product_distributor_id",
    reads=StockLine,
    entry=stock.Entry,
    changes=writing("StockLineChange", stock.Entry, is_partial=True),
    get=queries.stock.get,
    change=lambda row, entry, seen: stock.change(row, entry, seen=seen),
    take_off=stock.take_off,
    put_back=stock.put_back,
)
AUTHORIZATION = Line(
    one="authorization",
    path="/authorizations/<distributor_principal_id>",
    key="distributor_principal_id",
    reads=Authorization,
    entry=authorizations.Entry,
    changes=writing("AuthorizationChange", authorizations.Entry, is_partial=True),
    get=lambda number: queries.authorizations.get(number, today=web.firm_today()),
    change=lambda row, entry, seen: authorizations.change(row, entry, seen=seen, today=web.firm_today()),
    take_off=authorizations.take_off,
    put_back=authorizations.put_back,
)
_add(STOCK)
_add(AUTHORIZATION)

NewStockLine = writing("NewStockLine", stock.Entry, distributor_id=(Id, ...))
NewAuthorization = writing("NewAuthorization", authorizations.Entry, distributor_id=(Id, ...))


@operation(
    "GET",
    "/products/<product_id>/stock",
    noun="distribution",
    name="list_stock_of_product",
    answers=StockLines,
)
def of_product(product_id: int) -> StockLines:
    """The distributors that have a product."""
    queries.products.get(product_id)
    return StockLines(items=[line.record for line in queries.stock.of_product(product_id)])


@operation(
    "POST", "/products/<product_id>/stock", noun="distribution", name="add_stock_line", body=NewStockLine,
    answers=StockLine, status=201, versioned=True,
)  # fmt: skip
def add_stock(product_id: int, said: Any) -> Answer:
    """Note that a distributor has a product."""
    profile = queries.products.get(product_id)
    record_pages.must_be_allowed(*profile.owners)
    record_pages.must_be_live(profile.product)
    entry = _entry(stock.Entry, said)
    row = stock.add(profile.product, entry, distributor_id=said.distributor_id)
    return _answer(STOCK, row, status=201)


@operation(
    "GET", "/distributors/<organization_id>/stock", noun="distribution", name="list_stock_of_distributor",
    answers=StockLines,
)  # fmt: skip
def at_distributor(organization_id: int) -> StockLines:
    """The products that a distributor has, by maker and name."""
    distributor(organization_id)
    lines, _ = queries.stock.at_distributor(organization_id, at_most=1000)
    return StockLines(items=[line.record for line in lines])


@operation(
    "GET", "/principals/<principal_id>/authorizations", noun="distribution",
    name="list_authorizations_of_principal", answers=Authorizations,
)  # fmt: skip
def of_principal(principal_id: int) -> Authorizations:
    """How far each distributor has taken a principal on."""
    principal(principal_id)
    rows = queries.authorizations.of_principal(principal_id, today=web.firm_today())
    return Authorizations(items=[row.record for row in rows])


@operation(
    "POST", "/principals/<principal_id>/authorizations", noun="distribution", name="begin_authorization",
    body=NewAuthorization, answers=Authorization, status=201, versioned=True,
)  # fmt: skip
def begin(principal_id: int, said: Any) -> Answer:
    """Note how far a distributor is with a principal."""
    maker = principal(principal_id)
    record_pages.must_be_allowed(maker.owner_id, maker.second_owner_id)
    record_pages.must_be_live(maker)
    row = authorizations.begin(
        _entry(authorizations.Entry, said),
        distributor_id=said.distributor_id,
        principal_id=principal_id,
        today=web.firm_today(),
    )
    return _answer(AUTHORIZATION, row, status=201)


@operation(
    "GET", "/distributors/<organization_id>/authorizations", noun="distribution",
    name="list_authorizations_of_distributor", answers=Authorizations,
)  # fmt: skip
def of_distributor(organization_id: int) -> Authorizations:
    """How far a distributor has taken each principal on."""
    distributor(organization_id)
    rows = queries.authorizations.of_distributor(organization_id, today=web.firm_today())
    return Authorizations(items=[row.record for row in rows])


def _entry(entry: type[Any], said: BaseModel) -> Any:
    return entry(**{name: getattr(said, name) for name in said.model_fields_set - {"distributor_id"}})
