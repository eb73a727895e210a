"""A person who brings files."""

from pathlib import Path

import pytest

from crm import services
from crm.db import transaction
from crm.models import User
from tests.factories import Make
from tests.services.imports.bringing import MANAGERS, SAMPLES, Acting, Bringing


@pytest.fixture
def bringing(make: Make, ada: User, acting_as: Acting, tmp_path: Path) -> Bringing:
    """An admin with files; the firm's managers have accounts, and nothing is in the book."""
    for name in MANAGERS:
        make.user(name, email=f"{name.lower()}@wrenfield.example")
    return Bringing(make, acting_as, tmp_path, ada)


@pytest.fixture
def knowing(bringing: Bringing) -> Bringing:
    """The same, and the firm's spellings of people, distributors and principals are known."""
    bringing.acting_as(bringing.person)
    for name in ("aliases.csv", "principals.csv"):
        with transaction(), (SAMPLES / name).open("rb") as stream:
            services.imports.load_aliases(stream, may_change=lambda _: True)
    return bringing
