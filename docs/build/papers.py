"""All papers of which something is made from the code, and what they should say."""

from pathlib import Path

from docs.build import downgrades, schema, settings

DOCS = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- bin/docs: {part} -->\n", "<!-- bin/docs: end -->"


def made() -> dict[Path, str]:
    """Every such paper with the text that it should have now."""
    operations = DOCS / "operations.md"
    return {
        DOCS / "schema.md": schema.text(),
        operations: _put(operations.read_text(), "settings", settings.table()),
        **downgrades.files(),
    }


def _put(text: str, part: str, made: str) -> str:
    """The same text with this between the two comments of its part. Raises `ValueError` without them."""
    before, begin, rest = text.partition(BEGIN.format(part=part))
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"there is no place for {part}")
    return f"{before}{begin}\n{made}\n\n{end}{after}"
