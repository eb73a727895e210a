"""The money guard: this book holds no amounts, so a text that names one is flagged, never cut."""

import re
from typing import Final

_NUMBER = r"\d[\d,.]*"
_AMOUNT: Final = re.compile(
    rf"""
      [$€£] \s? {_NUMBER}                                                # $41.00
    | \b {_NUMBER} \s? [km]? \s? (?: dollars? | bucks? | usd | eur ) \b    # 5 bucks, 2M dollars
    | \b (?: usd | eur ) \s? {_NUMBER}                                   # USD 12
    | \b {_NUMBER} \s? [km] \s+ in \s+ sales \b                   # 1.2M in sales
    | \b \d+ \. \d\d \s? / \s? (?: lbs? | cs | case | ea | pc ) \b      # 2.79/lb
    | \b sales \b [^.;]* \$                                       # Sales last year: $
    """,
    re.VERBOSE | re.IGNORECASE,
)


def amount(text: str) -> str:
    """The first amount of money that `text` names, "" if there is none.

    Fractions, pack sizes, item numbers and "#1" are no money.
    """
    found = _AMOUNT.search(text)
    return found.group().strip(" .,") if found else ""
