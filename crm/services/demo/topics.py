"""Who and what an interaction is about, in words."""

from random import Random

from crm.services.demo import sentences
from crm.services.demo.firms import Firms
from crm.services.demo.rows import ContactRow, OrganizationRow, ProductRow
from crm.services.demo.words import world

_SOMEBODY = ("the chef", "the kitchen manager", "the owner", "the buyer", "the sous chef")


class Topics:
    """Finds the words for a place, a person and a principal."""

    def __init__(self, firms: Firms, goods: list[ProductRow]) -> None:
        self._firms = firms
        self._cards: dict[int, list[ProductRow]] = {number: [] for number in firms.makers}
        for product in goods:
            self._cards[product.principal_id].append(product)

    def card(self, maker: int) -> list[ProductRow]:
        """The products of a principal."""
        return self._cards[maker]

    def about(
        self,
        chance: Random,
        at: OrganizationRow,
        maker: int,
        *,
        products: tuple[ProductRow, ...] = (),
        face: ContactRow | None = None,
        use: str | None = None,
    ) -> sentences.Topic:
        """The topic of a talk at `at` about a principal: its `products` if named, else of its line card."""
        named = [p for p in products if p.principal_id == maker] or self._cards[maker]
        some = chance.sample(named, min(2, len(named)))
        name = self._firms.makers[maker].name
        house = self._firms.houses.get(
            at.organization_id if at.is_distributor else at.usual_distributor_id or 0
        )
        return sentences.Topic(
            product=sentences.short(some[0].name),
            products=" and ".join(dict.fromkeys(sentences.short(product.name) for product in some)),
            person=face.first_name if face else chance.choice(_SOMEBODY),
            place=at.name,
            distributor=house.name if house else "their distributor",
            maker=name,
            use=f"the {sentences.small(use or chance.choice(world.uses(name)))}",
        )
