"""What reps write down: sentences put together from openings and endings, filled with who and what."""

from dataclasses import dataclass
from random import Random

from crm.enums import InteractionType, Sentiment
from crm.services.demo import words

_PROPER = {
    "Airline",
    "Alfredo",
    "Brussels",
    "Cornish",
    "Friday",
    "Jonah",
    "Lent",
    "Northlane",
    "Seville",
    "Sunday",
}
"""First words that keep their capital inside a sentence."""
_WITH_ENDINGS = {InteractionType.PHONE_CALL, InteractionType.MEETING, InteractionType.DEMO_SAMPLED}


@dataclass(frozen=True)
class Topic:
    """What a sentence can speak of."""

    product: str
    products: str
    person: str
    place: str
    distributor: str
    maker: str
    use: str


def small(text: str) -> str:
    """`text` as it stands inside a sentence."""
    first = text.split()[0].split("-")[0]
    return text if first in _PROPER or first[:2].isupper() else text[0].lower() + text[1:]


def short(product: str) -> str:
    """The name of a product without its size."""
    return small(product.split(",")[0])


def note(
    chance: Random, kind: InteractionType, activity: str | None, feeling: Sentiment, topic: Topic
) -> str:
    """What a rep writes after an interaction of this kind."""
    section = activity if activity in ("food show", "ride-with") else kind.value
    said = [_fill(chance.choice(words.lines("notes", f"{section} {feeling.value}")), topic)]
    if kind in _WITH_ENDINGS:
        endings = words.lines("notes", "endings")
        said += chance.sample(endings, chance.choice((0, 0, 0, 1, 1, 2)))
    return " ".join(said)


def promise(chance: Random, topic: Topic) -> str:
    """What a rep promises to do."""
    return _fill(chance.choice(words.lines("notes", "promises")), topic)


def plan(chance: Random, topic: Topic) -> str:
    """What a rep plans without having talked to anybody."""
    return _fill(chance.choice(words.lines("notes", "plans")), topic)


def about(chance: Random, topic: Topic) -> str:
    """What stands on an opportunity."""
    return _fill(chance.choice(words.lines("notes", "about opportunities")), topic)


def _fill(text: str, topic: Topic) -> str:
    filled = (sentence.format_map(vars(topic)) for sentence in text.split(". "))
    said = ". ".join(sentence[0].upper() + sentence[1:] for sentence in filled)
    return said.replace("..", ".")  # a name may end in "Co."
