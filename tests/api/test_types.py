"""What a common generator makes of the document: the words of the business are unions, nulls say so."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from stack import assets

from crm.api import document
from crm.enums import AdvocacyStatus, InteractionType, OpportunityStage, Sentiment

GENERATOR = assets.PACKAGES / "openapi-typescript" / "bin" / "cli.js"


@pytest.fixture(scope="module")
def types(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The types for TypeScript."""
    folder: Path = tmp_path_factory.mktemp("types")
    (folder / "openapi.json").write_text(document.text())
    made = folder / "types.ts"
    command = [assets.node(), GENERATOR, folder / "openapi.json", "--output", made]
    subprocess.run(command, check=True, capture_output=True, cwd=assets.CHECKOUT)
    return made.read_text()


@pytest.mark.parametrize(
    ("words", "how_many"),
    [(OpportunityStage, 9), (InteractionType, 6), (Sentiment, 3), (AdvocacyStatus, 5)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_the_words_of_the_business_are_unions(types: str, words: type, how_many: int) -> None:
    union = " | ".join(json.dumps(word.value) for word in words)  # type: ignore[attr-defined]
    assert f"{words.__name__}: {union};" in types
    assert len(list(words)) == how_many  # type: ignore[call-overload]


def test_records_have_the_founding_names_and_say_what_may_be_missing(types: str) -> None:
    interaction = re.search(r"\n        Interaction: \{(.*?)\n        \};", types, re.DOTALL)[1]  # type: ignore[index]
    for line in (
        "interaction_id: number;",
        "opportunity_id: number | null;",
        "contact_id: number | null;",
        'interaction_type: components["schemas"]["InteractionType"];',
        "interaction_date: string;",
        "follow_up_required: boolean;",
        "follow_up_date: string | null;",
    ):
        assert line in interaction
    opportunity = re.search(r"\n        Opportunity: \{(.*?)\n        \};", types, re.DOTALL)[1]  # type: ignore[index]
    assert "primary_contact_id: number | null;" in opportunity
