"""Whatever is sent to whatever operation: never a 500, never an answer that the document does not tell."""

import random
from datetime import date

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.transport.wsgi import WSGI_TRANSPORT

from crm.api import document
from crm.models import DistributorPrincipal, ProductDistributor, User
from tests.api.conftest import ComeIn, Script
from tests.factories import Make

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PARTS = 2
"""Into how many tests the operations are shared out, so that several cores take part."""


@pytest.fixture
def numbers(make: Make, nell: User) -> dict[str, int]:
    """A record of each kind, for the numbers that addresses name."""
    maker = make.principal(owner=nell, is_distributor=True)
    product = make.product(principal=maker)
    contact = make.contact(organization=maker, owner_id=nell.user_id)
    opportunity = make.opportunity(organization=maker, owner=nell, products=[product])
    promise = make.interaction(contact=contact, author=nell, follow_up_date=date(2099, 1, 1))
    return {
        "organization_id": maker.organization_id,
        "principal_id": maker.organization_id,
        "product_id": product.product_id,
        "contact_id": contact.contact_id,
        "opportunity_id": opportunity.opportunity_id,
        "interaction_id": promise.interaction_id,
        "sample_id": make.sample(opportunity, product=product, owner=nell).sample_id,
        "product_distributor_id": make.save(
            ProductDistributor(product_id=product.product_id, distributor_id=maker.organization_id)
        ).product_distributor_id,
        "distributor_principal_id": make.save(
            DistributorPrincipal(
                principal_id=make.principal(owner=nell).organization_id, distributor_id=maker.organization_id
            )
        ).distributor_principal_id,
    }


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("examples", [2, pytest.param(25, marks=pytest.mark.long)])
@pytest.mark.parametrize("part", range(PARTS))
def test_no_request_breaks_anything_or_gets_an_answer_that_is_not_told(
    part: int, examples: int, numbers: dict[str, int], nell: User, come_in: ComeIn
) -> None:
    script = come_in(nell)
    schema = schemathesis.openapi.from_dict(document.make())
    operations = [found.ok() for found in schema.get_all_operations()]
    wrong = [
        told for operation in operations[part::PARTS] for told in try_it(operation, examples, numbers, script)
    ]
    assert not wrong, "\n".join(wrong)


def try_it(operation, examples: int, numbers: dict[str, int], script: Script) -> list[str]:
    chance, wrong = random.Random(operation.label), []

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def run(case) -> None:
        for name in case.path_parameters or {}:
            if name in numbers and chance.random() < 0.8:
                case.path_parameters[name] = numbers[name]
        if "If-Match" in (case.headers or {}) and chance.random() < 0.7:
            case.headers["If-Match"] = "*"
        case.headers["Accept-Encoding"] = "identity"
        case.headers["Authorization"] = f"Bearer {script.secret}"
        answer = script.client.open(**WSGI_TRANSPORT.serialize_case(case))
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            asked = f"{operation.label} {case.path_parameters} {case.query} {case.body!r}"
            wrong.extend(
                f"{asked}: {answer.status_code} {one.title}: {one.message}" for one in group.exceptions
            )

    run()
    return wrong
