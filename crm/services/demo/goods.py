"""Products: the line cards of the principals."""

from crm.enums import ProductStatus
from crm.services.demo import scene
from crm.services.demo.firms import Firms
from crm.services.demo.frame import Frame, weighted
from crm.services.demo.rows import ProductRow
from crm.services.demo.words import world

_PACKS = ("4/5 lb", "6/2 lb", "12 ct", "2/10 lb", "48 ct", "24/6 oz", "4/1 gal", "96 ct", "1/25 lb", "8/1 kg")
_STATUSES = {ProductStatus.ACTIVE: 92.0, ProductStatus.COMING_SOON: 5.0, ProductStatus.DISCONTINUED: 3.0}


def build(frame: Frame, firms: Firms) -> list[ProductRow]:
    """Every item of every line card; in a small book those of the scene, then the shortest cards first."""
    chance = frame.chance("products")
    wanted = {name for deal in scene.deals() for name in deal.products}
    cards = {number: list(world.line_card(maker.name)) for number, maker in firms.makers.items()}
    chosen = {number: [item for item in card if item.name in wanted] for number, card in cards.items()}
    for _ in range(frame.size.products - sum(len(items) for items in chosen.values())):
        open_cards = [number for number in cards if len(chosen[number]) < len(cards[number])]
        number = min(open_cards, key=lambda n: len(chosen[n]))
        chosen[number].append(next(item for item in cards[number] if item not in chosen[number]))
    rows: list[ProductRow] = []
    for number, card in cards.items():
        letters = "".join(word[0] for word in firms.makers[number].name.split()[:2] if word[0].isalpha())
        for place, item in enumerate(card):
            if item in chosen[number]:
                rows.append(
                    ProductRow(
                        product_id=len(rows) + 1,
                        principal_id=number,
                        name=item.name,
                        category=item.category,
                        manufacturer_code=f"{letters}-{1000 + 37 * place}",
                        unit_size=chance.choice(_PACKS),
                        created_at=firms.rows[number - 1].created_at,
                        status=ProductStatus.ACTIVE if item.name in wanted else weighted(chance, _STATUSES),
                    )
                )
    return rows
