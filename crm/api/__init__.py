"""The second door to the same queries and services: `/api/v1`, for scripts and other systems.

Floor 6. `operations.py` says what an operation is, `records.py` what every noun has, `schemas.py` what is
read and written; each noun's own module says the rest. `document.py` tells all of it as OpenAPI.
"""

from crm.api import (
    bulk,
    contacts,
    distribution,
    document,
    engagement,
    firm,
    follow_ups,
    imports,
    interactions,
    jobs,
    opportunities,
    organizations,
    products,
    samples,
    search,
)
from crm.api.operations import OPERATIONS, api

__all__ = [
    "OPERATIONS",
    "api",
    "bulk",
    "contacts",
    "distribution",
    "document",
    "engagement",
    "firm",
    "follow_ups",
    "imports",
    "interactions",
    "jobs",
    "opportunities",
    "organizations",
    "products",
    "samples",
    "search",
]
