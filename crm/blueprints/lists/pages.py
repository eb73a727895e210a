"""What all pages of one list know: its addresses, and which rows a request asks for."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from crm import queries, web
from crm.blueprints.schedules import Chosen
from crm.forms.lists import Asked, read_numbers
from crm.queries.lists import Asker, Count, Listing, Wanted


@dataclass(frozen=True)
class Pages:
    """Some of the views of the list `listing`, in the blueprint of this name."""

    listing: Listing
    blueprint: str

    def url(self, view: str, /, **arguments: Any) -> str:
        """The address of a view of this list."""
        return url_for(f"{self.blueprint}.{view}", **arguments)

    def chosen(self, args: "MultiDict[str, str]") -> tuple[Asked, Wanted, Count]:
        """What is asked for: the rows that are ticked, or all that the list shows with these arguments."""
        me, listing = asker(), self.listing
        views = queries.saved_views.of(listing.name, me.user_id)
        asked = Asked.read(listing, args, asker=me, views=views)
        ticked = read_numbers(args.getlist("id")) if not args.get("all") else []
        question = replace(asked.wanted(me), numbers=ticked or None)
        wanted, total = queries.lists.all_of(listing, question)
        return asked, wanted, total

    def choose(self, args: "MultiDict[str, str]") -> Chosen:
        """The ticked rows, or all of the filter if that is ticked."""
        asked, wanted, _ = self.chosen(args)
        if not args.get("all"):
            wanted = replace(wanted, numbers=read_numbers(args.getlist("id")))
        return Chosen(wanted, self.url("index", **asked.address()))

    def back(self) -> str:
        """The list as it was when the form was opened, or else as it comes."""
        home, said = self.url("index"), request.form.get("back", "")
        if said == home or said.startswith(f"{home}?"):
            return said
        if request.method == "POST":
            return home
        return self.url("index", **Asked.read(self.listing, request.args, asker=asker()).address())


def asker() -> Asker:
    """Who asks, and the firm's day on which they do."""
    return Asker(web.person().user_id, web.firm_today())


def arguments(query: str) -> "MultiDict[str, str]":
    """The arguments of an address, as a form brings them along."""
    return MultiDict(parse_qsl(query))
