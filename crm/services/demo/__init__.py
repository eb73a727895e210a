"""The demo book: a year of a brokerage that does not exist, made from a seed and a day.

words/       firms, people, towns, dishes and sentences, all coined, as plain text
frame        what a book depends on: seed, day, zone, size
rhythm       when a broker works, and which principal rests when
firms goods faces pipeline   who there is, what they make, who wants what
errands subjects diary promises   a year of days: shows, routes, desks, and what was promised
tastings     what was sent to be tasted, and what they said of it
shelves stands   who carries what, and how contacts speak of a principal
scene stage  Nell's own days, as the design pages show them
book         all rows, without a database
loading      the book into an empty database, in one transaction
offices      a firm of many offices, each with the model's book under names of its own
spreading    their books into an empty database, by sets: multiplying, bare, derived
"""

from crm.services.demo.frame import SIZES, Frame
from crm.services.demo.loading import Loaded, load
from crm.services.demo.offices import SPREADS, Spread
from crm.services.demo.spreading import FILLED
from crm.services.demo.spreading import load as spread

__all__ = ["FILLED", "SIZES", "SPREADS", "Frame", "Loaded", "Spread", "load", "spread"]
