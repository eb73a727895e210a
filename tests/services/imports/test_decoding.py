"""The bytes of a file are read the way they were written, and what is no text is refused with a way out."""

import io
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crm.errors import Refused
from crm.services.imports import decoding

TABLE = "Organization,City,Notes\nCafé Zoë,Elkhollow,jalapeño – curds\nVesilloway’s Tap Room,Marlinde,\n"
PLAIN = st.text(st.characters(exclude_categories=("Cc", "Cs", "Co", "Cn"), exclude_characters="\ufeff"))


def decoded(data: bytes, named: str = "") -> str:
    stream = io.BytesIO(data)
    return "".join(decoding.lines(stream, decoding.detect(stream, named=named)))


@pytest.mark.parametrize(
    ("codec", "label"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_a_file_is_read_in_the_encoding_it_was_written_in(codec: str, label: str) -> None:
    data = TABLE.encode(codec)
    assert decoding.detect(io.BytesIO(data)).label == label
    assert decoded(data) == TABLE


@given(PLAIN)
def test_what_was_written_as_utf8_or_utf16_is_read_as_it_was(text: str) -> None:
    assert decoded(f"Organization\n{text}\n".encode()) == f"Organization\n{text}\n"
    assert decoded(f"Organization\n{text}\n".encode("utf-16")) == f"Organization\n{text}\n"


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("mac_roman", "Organization,City\nCafé Zoë,Elkhollow\nCrêperie Sélendrie,Marlinde\n"),
        ("cp1251", "Организация,Город\nКафе Пушкин,Москва\nРесторан Волга,Самара\n"),
        ("cp932", "会社,都市\n寿司レストラン東京,東京\nラーメン屋さん,大阪\n"),
    ],
)
def test_an_encoding_that_cannot_be_told_is_asked_for_and_then_believed(codec: str, text: str) -> None:
    data = text.encode(codec)
    with pytest.raises(Refused, match=f"name the encoding: {codec}"):
        decoded(data)
    assert decoded(data, named=codec) == text


@pytest.mark.parametrize("text", ["Café\n", "Vesilloway’s\nPelilloway’s\n" * 9, "jalapeño – curds\n"])
def test_a_few_letters_beyond_ascii_are_enough_for_windows(text: str) -> None:
    assert decoded(text.encode("cp1252")) == text


def test_one_broken_byte_does_not_make_a_utf8_file_something_else() -> None:
    data = TABLE.encode() * 3 + b"Bad\xe9Byte,,\n"
    assert decoding.detect(io.BytesIO(data)) == decoding.WINDOWS


def test_the_five_bytes_that_windows_leaves_open_do_not_stop_the_reading() -> None:
    assert decoded(b"Organization\nCaf\xe9 Zo\xeb \x9dx\n") == "Organization\nCafé Zoë \x9dx\n"


@given(st.binary(max_size=400))
@example(b"\xff\xfe")
@example(b"\xff\xfea")
@example(b"\xef\xbb\xbf\xff")
@example(b"\x00" * 50)
def test_any_bytes_are_either_read_or_refused(data: bytes) -> None:
    with suppress(Refused):
        assert isinstance(decoded(data), str)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04 cut off", "damaged"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(64), "password"),
        (bytes(range(256)) * 4, "neither text nor a workbook"),
        (b"x" * (decoding.LONGEST_LINE + 1), "no table"),
    ],
)
def test_what_is_no_text_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        decoded(data)


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MOST_BYTES", 2 * 1024 * 1024)
    with pytest.raises(Refused, match="at most 2 MB"):
        decoding.detect(io.BytesIO(b"Organization\n" * 200_000))


@pytest.mark.parametrize("name", ["klingon", "base64"])
def test_an_encoding_nobody_knows_is_refused_with_some_that_are(name: str) -> None:
    with pytest.raises(Refused, match="Try utf-8"):
        decoded(b"Organization\n", named=name)
