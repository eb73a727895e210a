"""The states of the United States as people write them, and the two capitals that stand for them."""

from typing import Final

_NAMES: Final = """
AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware
DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas
KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi
MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York
NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|PR Puerto Rico|RI Rhode Island
SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington
WV West Virginia|WI Wisconsin|WY Wyoming|GU Guam|VI Virgin Islands
"""
_SHORT: Final = """
AL ala|AZ ariz|AR ark|CA calif|CO colo|CT conn|DE del|FL fla|IL ill|IN ind|KS kan|KS kans|MA mass|MI mich
MN minn|MS miss|MT mont|NE neb|NE nebr|NV nev|OK okla|OR ore|PA penn|PA penna|TN tenn|TX tex|VA virg
WA wash|WV w va|WI wis|WI wisc|WY wyo
"""


def _pairs(text: str) -> dict[str, str]:
    entries = [entry.split(" ", 1) for line in text.strip().splitlines() for entry in line.split("|")]
    return {name.lower(): code for code, name in entries}


_CODE_OF: Final = {**_pairs(_NAMES), **_pairs(_SHORT)}
_CODES: Final = frozenset(_CODE_OF.values())


def code(text: str) -> str | None:
    """The two capitals of the state that `text` names ("Ill.", "il", "Illinois"); None if it names none."""
    plain = " ".join(text.replace(".", " ").split()).lower()
    if (letters := plain.replace(" ", "").upper()) in _CODES:
        return letters
    return _CODE_OF.get(plain)
