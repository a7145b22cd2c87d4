"""Stocks by facility and by district. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.reports.district_names import commune_name, district_name
from api.reports.district_rows import Cells, summed_rows, total_row
from api.reports.frame.content import Cell, Column, Row, Table
from api.reports.frame.tabular import AsOf
from api.reports.sums import UNKNOWN, derived, summed, text
from api.reports.vaccine_stock.given import Given
from api.reports.vaccine_stock.ledger import MOVED, Book
from hub.reported import FacilityRegistered

_NUMBERS = (
    *(Column(kind) for kind in MOVED), Column("stock"), Column("plans"), Column("dose_1"), Column("dose_2"),
    Column("dose_later"), Column("wrong"),
)  # fmt: skip
SITE_COLUMNS = (Column("facilities"), Column("reported"), *_NUMBERS)
_PLACE = (Column("district", "text"), Column("commune", "text"))


@dataclass(frozen=True, slots=True)
class Site:
    """A facility with its lots and what its sessions gave; ``reported``: anything on the last day."""

    id: str
    facility: FacilityRegistered | None
    books: Sequence[Book]
    given: Given
    reported: bool

    @property
    def district(self) -> str:
        return self.facility.district if self.facility else ""

    @property
    def commune(self) -> str:
        return self.facility.commune if self.facility else ""

    @property
    def name(self) -> str:
        return self.facility.name if self.facility else self.id


def site_table(sites: Sequence[Site], as_of: AsOf) -> Table:
    columns = (*_PLACE, *_NUMBERS)
    rows = tuple(
        Row(site.id, (*_place(site, as_of), *_numbers(site)), site.name, district=site.district)
        for site in sites
    )
    return Table("facilities", columns, rows, total_row(rows, len(columns)), public=False)


def district_cells(sites: Sequence[Site]) -> Cells:
    registered = sum(1 for site in sites if site.facility)
    reported = sum(1 for site in sites if site.reported)
    sums = summed_rows([_numbers(site) for site in sites], len(_NUMBERS))
    return derived(registered, registered), derived(reported, reported), *sums


def _place(site: Site, as_of: AsOf) -> Cells:
    if site.facility is None:
        return Cell(None, flag="unregistered"), UNKNOWN
    commune = commune_name(site.district, site.commune, as_of.day) if site.commune else ""
    return text(district_name(site.district, as_of.day)), text(commune)


def _numbers(site: Site) -> Cells:
    moved = [summed([book.moved[kind] for book in site.books]) for kind in MOVED]
    wrong = sum(len(book.broken) for book in site.books)
    checked = sum(book.checked for book in site.books)
    given = site.given
    return (
        *moved,
        _stock(site.books, wrong),
        derived(given.plans, len(given.sessions)) if given.sessions else Cell(None),
        given.of(1),
        given.of(2),
        given.later,
        derived(wrong, checked) if checked or wrong else Cell(None),
    )


def _stock(books: Sequence[Book], wrong: int) -> Cell:
    """Of all lots; not known where that of one is not."""
    if any(book.stock.value is None for book in books):
        return Cell(None, flag="lot_unknown")
    total = summed([book.stock for book in books])
    return Cell(total.value, total.source, total.events, flag="identity_broken" if wrong else "")
