"""The words of brokers' lists, and what they mean here: stages, interactions, yes and no, shares."""

import re
from dataclasses import dataclass
from typing import Final

from crm.enums import InteractionType, OpportunityStage
from crm.queries.organization_names import folded

_BY_NUMBER: Final = {
    "1": OpportunityStage.NEW_LEAD,
    "2": OpportunityStage.INITIAL_OUTREACH,
    "3": OpportunityStage.SAMPLE_VISIT_OFFERED,
    "4": OpportunityStage.AWAITING_RESPONSE,
    "5": OpportunityStage.FEEDBACK_LOGGED,
    "6": OpportunityStage.DEMO_SCHEDULED,
    "7": OpportunityStage.CLOSED_WON,
    "8": OpportunityStage.CLOSED_WON,
}
"""The eight points of the sales funnel that trackers count."""

_BY_WORDS: Final = {
    **{folded(stage.value): stage for stage in OpportunityStage},
    "lead discovery": OpportunityStage.NEW_LEAD,
    "lead": OpportunityStage.NEW_LEAD,
    "contacted phone email": OpportunityStage.INITIAL_OUTREACH,
    "contacted": OpportunityStage.INITIAL_OUTREACH,
    "sampled visited invite": OpportunityStage.SAMPLE_VISIT_OFFERED,
    "sampled": OpportunityStage.SAMPLE_VISIT_OFFERED,
    "follow up": OpportunityStage.AWAITING_RESPONSE,
    "feedback received": OpportunityStage.FEEDBACK_LOGGED,
    "demo cookup": OpportunityStage.DEMO_SCHEDULED,
    "demo": OpportunityStage.DEMO_SCHEDULED,
    "sold": OpportunityStage.CLOSED_WON,
    "won": OpportunityStage.CLOSED_WON,
    "order support": OpportunityStage.CLOSED_WON,
    "lost": OpportunityStage.CLOSED_NO_FIT,
}

_STATUSES: Final = {
    "open": "Open",
    "opem": "Open",
    "closed": "Closed",
    "lost": "Lost",
    "abandoned": "Abandoned",
    "on hold": "On Hold",
    "distributer challenge": "Distributer Challenge",
    "sold-7d": "SOLD-7d",
}
_BY_STATUS: Final = {
    "SOLD-7d": OpportunityStage.CLOSED_WON,
    "Lost": OpportunityStage.CLOSED_NO_FIT,
    "Closed": OpportunityStage.CLOSED_STALLED,
    "Abandoned": OpportunityStage.CLOSED_STALLED,
}
CLOSING: Final = frozenset(_BY_STATUS)

_CAMPAIGN: Final = re.compile(r"\b(?:blitz|campaign|promo)\b")

_TYPES: Final = {
    **{folded(one.value): (one, "") for one in InteractionType},
    "email": (InteractionType.EMAIL, ""),
    "e-mail": (InteractionType.EMAIL, ""),
    "call": (InteractionType.PHONE_CALL, ""),
    "phone": (InteractionType.PHONE_CALL, ""),
    "texted": (InteractionType.PHONE_CALL, "Texted"),
    "text": (InteractionType.PHONE_CALL, "Texted"),
    "in person": (InteractionType.MEETING, ""),
    "visit": (InteractionType.MEETING, ""),
    "food show": (InteractionType.MEETING, "Food show"),
    "w/w rep": (InteractionType.MEETING, "Ride-with"),
    "demo/sampled": (InteractionType.DEMO_SAMPLED, ""),
    "demo": (InteractionType.DEMO_SAMPLED, ""),
    "shipped samples": (InteractionType.DEMO_SAMPLED, "Shipped samples"),
    "quoted price": (InteractionType.FOLLOW_UP, "Quote asked"),
    "distributor visited & reported": (InteractionType.NOTE, "Distributor report"),
}


@dataclass(frozen=True, slots=True)
class Staged:
    """The stage of a row. `flag` says what was odd about its cell, `tag` is a campaign named there."""

    stage: OpportunityStage
    flag: str = ""
    tag: str = ""


def stage_of(text: str, status: str, loss_reason: str) -> Staged:
    """The stage of a row with these cells: its own cell wins over the status; the number in it is enough."""
    plain = folded(text)
    if plain.startswith("loss business"):
        if loss_reason:
            return Staged(OpportunityStage.CLOSED_NO_FIT)
        return Staged(OpportunityStage.CLOSED_STALLED, "loss without a reason")
    if _CAMPAIGN.search(plain):
        return Staged(OpportunityStage.INITIAL_OUTREACH, "campaign in the stage cell", text)
    if not _is_day(plain):
        numbered = re.search(r"[-\s](\d)$", plain)
        if numbered and numbered[1] in _BY_NUMBER:
            return Staged(_BY_NUMBER[numbered[1]])
        words = " ".join(re.sub(r"[\W_]+", " ", plain).split())
        for known in (plain, words):
            if known in _BY_WORDS:
                return Staged(_BY_WORDS[known])
    by_status = _BY_STATUS.get(status_of(status), OpportunityStage.NEW_LEAD)
    return Staged(by_status, "stage cell cannot be read" if text else "stage cell empty")


def status_of(text: str) -> str:
    """The status that a cell names, in one spelling; "" for none."""
    return _STATUSES.get(folded(text), "")


def type_of(text: str) -> tuple[InteractionType, str] | None:
    """The type of an interaction and the activity under it; None for a word that nobody knows."""
    plain = folded(text)
    if plain.startswith("w/w "):
        return InteractionType.MEETING, "Ride-with"
    return _TYPES.get(plain)


def share_of(text: str) -> tuple[int | None, str]:
    """A probability in whole percent, and whether it was ok, repaired, unreadable or blank."""
    if not text:
        return None, "blank"
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        value = float(text)
        return (round(value * 100), "ok") if value <= 1 else (round(value), "repaired")
    if found := re.fullmatch(r"(\d{1,3})\s*%+s?", text):
        return int(found[1]), "repaired"
    return None, "unreadable"


def is_yes(text: str) -> bool:
    """Whether a cell says yes, in one of the ways that lists do."""
    return folded(text) in ("yes", "y", "true", "x", "1")


NO_PRODUCT: Final = frozenset({"unknown", "all", "vng blitz", "n/a", "none", "tbd"})


def is_product(text: str) -> bool:
    """Whether a product cell names one, and not all, none or a campaign."""
    return bool(text) and folded(text) not in NO_PRODUCT and not _CAMPAIGN.search(folded(text))


def _is_day(text: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", text))
