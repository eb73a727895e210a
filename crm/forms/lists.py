"""What the address of a list says: search, filters, order, columns, page. And what comes in to change many
rows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from crm.enums import Priority
from crm.queries.keys import read_number
from crm.queries.lists import Asker, Column, Listing, Sort, Wanted
from crm.queries.lists.places import Place
from crm.queries.lists.places import read as read_place
from crm.queries.lists.places import write as write_place
from crm.queries.saved_views import View

MOST_LETTERS, MOST_WORDS = 100, 6
MOST_TAGS, LONGEST_TAG = 10, 50

LEAVE = ("p1", "p2", "p3")
"""Classes of columns that leave a narrow table, in the order of design, section 7."""

ALL = "all"
"""`view=all`: the list as it comes, also for somebody who has a view as default."""


def read_search(args: "MultiDict[str, str]") -> str:
    """What was typed into the search of a list, cut to what a search can use."""
    return " ".join(args.get("q", "").replace("\x00", " ").split())[:MOST_LETTERS]


def words_of(search: str) -> list[str]:
    """The words of a search; each of them must be found."""
    return search.split()[:MOST_WORDS]


@dataclass(frozen=True)
class Asked:
    """What is asked of a list. `ignored` are the names in the address that mean nothing here."""

    listing: Listing
    search: str
    filters: Mapping[str, str]
    sort: Sort
    is_descending: bool
    columns: tuple[Column, ...]
    after: Place | None
    has_default: bool
    ignored: tuple[str, ...]

    @classmethod
    def read(
        cls, listing: Listing, args: "MultiDict[str, str]", *, asker: Asker, views: Iterable[View] = ()
    ) -> "Asked":
        """What the arguments of an address ask. `view=7` stands for all that view 7 of `views` asks; an
        address without any argument for what the default among them does.
        """
        known = {str(view.saved_view_id): view for view in views}
        default = next((view for view in known.values() if view.is_default and view.is_mine), None)
        view = known.get(args.get("view", "")) if args else default
        ignored = [] if view or args.get("view", ALL) in (ALL, "") else ["view"]
        said: MultiDict[str, str] = MultiDict(view.said) if view else args
        filters: dict[str, str] = {}
        for one in listing.filters:
            value = said.get(one.name, "")
            if value and one.condition(value, asker) is not None:
                filters[one.name] = value
            elif value:
                ignored.append(one.label)
        sort, is_descending = _sort(listing, said.get("sort", ""))
        if said.get("sort") and said["sort"] != _sort_word(sort, is_descending):
            ignored.append("sort")
        after = read_place(args.get("after", ""), sort)
        if args.get("after") and after is None:
            ignored.append("page")
        return cls(
            listing=listing,
            search=read_search(said),
            filters=filters,
            sort=sort,
            is_descending=is_descending,
            columns=_columns(listing, ",".join(said.getlist("columns"))),
            after=after,
            has_default=default is not None,
            ignored=tuple(ignored),
        )

    @property
    def words(self) -> list[str]:
        """Each of them must be found."""
        return words_of(self.search)

    def wanted(self, asker: Asker) -> Wanted:
        """The question as the query takes it."""
        return Wanted(
            asker=asker,
            sort=self.sort,
            is_descending=self.is_descending,
            words=self.words,
            filters=self.filters,
        )

    def address(
        self, changes: Mapping[str, str] | None = None, *, after: Place | None = None
    ) -> dict[str, str]:
        """Arguments of an address that asks the same but for `changes`; without `after` its first page."""
        said = {
            "q": self.search,
            **self.filters,
            "sort": _sort_word(self.sort, self.is_descending),
            "columns": self.columns_word,
            "after": write_place(after) if after else "",
            **(changes or {}),
        }
        if said["sort"] == _sort_word(*_sort(self.listing, "")):
            said["sort"] = ""
        left = {name: value for name, value in said.items() if value}
        return left or ({"view": ALL} if self.has_default else {})

    @property
    def columns_word(self) -> str:
        """The chosen columns as an address names them; "" for those that the list comes with."""
        word = ",".join(column.name for column in self.columns)
        return "" if self.columns == _columns(self.listing, "") else word

    @property
    def dressed(self) -> list[tuple[Column, str]]:
        """The head and the columns with their classes. One that the person chose does not leave a narrow
        table.
        """
        leaves = LEAVE if self.columns_word else ()
        return [
            (column, " ".join(name for name in column.css.split() if name not in leaves))
            for column in (self.listing.head, *self.columns)
        ]

    @property
    def query(self) -> str:
        """What a saved view keeps: the address without page and columns."""
        said = self.address({"columns": ""})
        said.pop("view", None)
        return urlencode(said)

    @property
    def orders(self) -> list[tuple[str, str, bool]]:
        """Every order that there is: its word in addresses, what people call it, whether it is this one."""
        return [
            (word, text, sort is self.sort and is_descending == self.is_descending)
            for sort in self.listing.sorts
            for text, is_descending in (
                (sort.label, sort.is_descending),
                (sort.backwards, not sort.is_descending),
            )
            for word in (_sort_word(sort, is_descending),)
        ]

    def sorted_by(self, column: Column) -> str:
        """The order that the head of this column leads to: its own, or the other way round if it is that
        now.
        """
        sort = self.listing.sort(column.sort)
        if sort is None:
            return ""
        return _sort_word(sort, not self.is_descending if sort is self.sort else sort.is_descending)

    def direction(self, column: Column) -> str:
        """`ascending` or `descending` if the list is sorted by this column, else ""."""
        if self.listing.sort(column.sort) is not self.sort:
            return ""
        return "descending" if self.is_descending else "ascending"


def _sort(listing: Listing, word: str) -> tuple[Sort, bool]:
    """The order of an address: `name`, or `-name` for the other way than people want it first."""
    sort = listing.sort(word.removeprefix("-"))
    if sort is None:
        sort, word = listing.sorts[0], ""
    return sort, sort.is_descending != word.startswith("-")


def _sort_word(sort: Sort, is_descending: bool) -> str:
    return f"{'' if is_descending == sort.is_descending else '-'}{sort.name}"


def _columns(listing: Listing, word: str) -> tuple[Column, ...]:
    asked = word.split(",")
    chosen = tuple(column for column in listing.columns if column.name in asked)
    return chosen or tuple(column for column in listing.columns if column.is_default)


class ManyForm(FlaskForm):
    """What every change of many rows says: which ones, as they were fixed when it was confirmed; of more than
    one request changes what the address of the list says (`asked`) and how many these were (`seen`).
    """

    ids = HiddenField()
    asked = HiddenField()
    seen = IntegerField(widget=HiddenInput(), validators=[Optional()])

    def validate_ids(self, field: HiddenField) -> None:
        if not field.data and not self.asked.data:
            raise ValidationError("Choose at least one row.")

    @property
    def numbers(self) -> list[int]:
        """The rows, each once."""
        return read_numbers((self.ids.data or "").split(","))


def read_numbers(texts: Iterable[str]) -> list[int]:
    """The record numbers among `texts`, each once, in order."""
    numbers = (read_number(text.strip()) for text in texts)
    return sorted({number for number in numbers if number is not None})


class OwnerOfMany(ManyForm):
    """Give them to somebody, or to nobody."""

    owner = SelectField("New owner", coerce=str, validate_choice=False)

    def validate_owner(self, field: SelectField) -> None:
        """Whether this is the number of somebody who works here, the service looks."""
        if field.data != "nobody" and read_number(field.data or "") is None:
            raise ValidationError("Choose a colleague, or nobody.")

    @property
    def value(self) -> int | None:
        return read_number(self.owner.data or "")


class TagsOfMany(ManyForm):
    """Put tags on them or take tags off."""

    tags = StringField("Tags")
    how = RadioField(
        "What to do",
        choices=[SelectChoice("add", "Put them on"), SelectChoice("remove", "Take them off")],
        default="add",
    )

    def validate_tags(self, field: StringField) -> None:
        if not self.value:
            raise ValidationError("Name at least one tag, several with commas between.")
        if len(self.value) > MOST_TAGS:
            raise ValidationError(f"At most {MOST_TAGS} tags at once.")
        if any(len(tag) > LONGEST_TAG for tag in self.value):
            raise ValidationError(f"A tag has at most {LONGEST_TAG} characters.")
        if "\x00" in (field.data or ""):
            raise ValidationError("There is a sign in it that cannot be kept. Type the tags anew.")

    @property
    def value(self) -> list[str]:
        """The tags, each once, in the order they were typed."""
        return list(
            dict.fromkeys(filter(None, (" ".join(t.split()) for t in (self.tags.data or "").split(","))))
        )


class PriorityOfMany(ManyForm):
    """Say how much they matter."""

    priority = RadioField(
        "Priority",
        choices=[
            *(SelectChoice(word.value, word.value) for word in Priority),
            SelectChoice("none", "No priority"),
        ],
    )

    @property
    def value(self) -> Priority | None:
        return None if self.priority.data == "none" else Priority(self.priority.data)


class FocusOfMany(ManyForm):
    """Put them in this week's focus, or take them out."""

    focus = RadioField(
        "Weekly focus",
        choices=[SelectChoice("in", "In focus this week"), SelectChoice("out", "Out of focus")],
        default="in",
    )

    @property
    def value(self) -> bool:
        return bool(self.focus.data == "in")


class ArchiveMany(ManyForm):
    """Archive them; there is nothing to choose."""

    value = None


FORMS: dict[str, type[ManyForm]] = {
    "owner": OwnerOfMany,
    "tags": TagsOfMany,
    "priority": PriorityOfMany,
    "focus": FocusOfMany,
    "archive": ArchiveMany,
}
"""The form of each change, by its name in `crm.services.bulk.CHANGES`."""


class ExportForm(FlaskForm):
    """In which kind of file a list is taken along; `asked` is what its address says, ticked rows included."""

    asked = HiddenField()
    ending = RadioField(
        "Kind of file",
        choices=[SelectChoice("xlsx", "Spreadsheet"), SelectChoice("csv", "CSV")],
        default="xlsx",
    )


class ViewForm(FlaskForm):
    """A list as it is now, under a name."""

    name = StringField("Name of the view", [InputRequired("Give it a name.")])
    asked = HiddenField()
    is_shared = BooleanField("Everybody may use it")
    is_default = BooleanField("Open the list with it")

    def validate_name(self, field: StringField) -> None:
        field.data = " ".join((field.data or "").replace("\x00", " ").split())
        if not field.data:
            raise ValidationError("Give it a name.")
        if len(field.data) > 100:
            raise ValidationError("A name has at most 100 characters.")
