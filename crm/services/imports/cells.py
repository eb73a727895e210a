"""What single cells mean: a priority, a day, a telephone number, a postal code, an address.

Each function takes clean text (`text.clean`) that is not empty and answers None for what it cannot read; it
never guesses. The one who calls says so to the person.
"""

import re
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from crm.enums import Priority

_DAY_ZERO: Final = date(1899, 12, 30)
"""Day 0 of the serial numbers that spreadsheets keep dates in."""

_SPACE: Final = r"[\s.\-/\u2010-\u2015]*"
_TEN_DIGITS: Final = re.compile(
    rf"(?<![\d+])(?:\+?1{_SPACE})?\(?(\d{{3}})\)?{_SPACE}(\d{{3}}){_SPACE}(\d{{4}})(?!\d)"
)


def priority(text: str) -> Priority | None:
    """A+, A, B, C or D in any case."""
    try:
        return Priority(text.upper())
    except ValueError:
        return None


def day(text: str, *, on: date) -> date | None:
    """A day written as month/day/year, as year-month-day or as the serial number of a spreadsheet.

    All three parts must be there, and the year must be near `on` (today): two years back, one ahead. What
    lies outside is a number that was never a date, or a slip.
    """
    found = _serial_day(text) or _written_day(text)
    return found if found is not None and on.year - 2 <= found.year <= on.year + 1 else None


def _serial_day(text: str) -> date | None:
    return _DAY_ZERO + timedelta(days=int(text[:5])) if re.fullmatch(r"[345]\d{4}(?:\.\d+)?", text) else None


def _written_day(text: str) -> date | None:
    american = re.fullmatch(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})", text)
    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ][\d:.]+)?", text)
    if american:
        month, dom, year = int(american[1]), int(american[3]), int(american[4])
        year += 2000 if year < 100 else 0
    elif iso:
        year, month, dom = int(iso[1]), int(iso[2]), int(iso[3])
    else:
        return None
    try:
        return date(year, month, dom)
    except ValueError:
        return None


def phones(text: str) -> list[str]:
    """Every telephone number in `text`: ten digits, a 1 in front of them dropped, as "(312) 555-0100".

    A number of another country is taken when the whole text is one and starts with + and its country code.
    """
    if text.startswith("+") and not text.startswith("+1"):
        return _foreign_phone(text)
    shown = (f"({area}) {office}-{line}" for area, office, line in _TEN_DIGITS.findall(text))
    return list(dict.fromkeys(shown))


def _foreign_phone(text: str) -> list[str]:
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return []
    if not phonenumbers.is_possible_number(number):
        return []
    return [phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)]


def is_only_phones(text: str) -> bool:
    """Whether `text` says nothing but telephone numbers: what is left without them are signs."""
    rest = "" if text.startswith("+") and _foreign_phone(text) else _TEN_DIGITS.sub("", text)
    return not re.search(r"[^\W_]", re.sub(r"\b(?:or|and)\b", "", rest, flags=re.IGNORECASE))


def email(text: str) -> str | None:
    """An address as a whole, in lower case. Whether its domain exists is not asked."""
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


def web_address(text: str) -> str | None:
    """An http(s) address; "www.example.com" gets its https:// in front."""
    address = text if re.match(r"[a-z][a-z0-9+.-]*:", text, re.IGNORECASE) else f"https://{text}"
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return None
    is_web = parts.scheme in ("http", "https") and re.fullmatch(r"[^\s.]+(?:\.[^\s.]+)+", host)
    return address if is_web and " " not in address else None


def postal_code(text: str) -> str | None:
    """Five digits, five and four, or Canadian. Four digits have lost their leading zero in a spreadsheet."""
    plain = text.removesuffix(".0")
    if re.fullmatch(r"\d{4}", plain):
        return f"0{plain}"
    if found := re.fullmatch(r"(\d{5})(?:[\s-]?(\d{4}))?", plain):
        return f"{found[1]}-{found[2]}" if found[2] else found[1]
    if found := re.fullmatch(r"([A-Z]\d[A-Z])\s?(\d[A-Z]\d)", plain.upper()):
        return f"{found[1]} {found[2]}"
    return None


def customer_number(name: str) -> tuple[str, str]:
    """A name without the customer number behind it, and the number: GRILL 48622E, parted."""
    found = re.fullmatch(r"(.*\S)\s+(\d{4,6}[A-Za-z])", name)
    return (found[1], found[2].upper()) if found else (name, "")


ANCHOR: Final = re.compile(r"(?<!\w)#anchor\b", re.IGNORECASE)
"""How people mark an anchor account in its notes."""
