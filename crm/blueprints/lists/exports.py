"""What a list shows, taken along as a file: at once, or by a job where it is long."""

from dataclasses import dataclass

from flask import Response, request, send_file, url_for

from crm import clock, csv_lines, filters, queries, services, web
from crm.blueprints.lists.pages import Pages, arguments
from crm.forms.lists import ExportForm
from crm.queries.lists import MOST_COUNTED, Count


@dataclass(frozen=True)
class Exports(Pages):
    """The files of a list."""

    def export(self) -> Response:
        """Exactly what the list shows, all its pages or only the ticked rows, as a file."""
        listing = self.listing
        asked, wanted, total = self.chosen(request.args)
        if not total.is_exact:
            return self._long_export(total)
        columns = (listing.head, *asked.columns)
        zone = web.person().time_zone
        rows = queries.lists.every(listing, wanted, most=MOST_COUNTED)
        written = csv_lines.file(
            [column.label for column in columns],
            ([services.exports.cell(column.text(row), zone) for column in columns] for row in rows),
        )
        name = f"{listing.name}-{clock.today_for(zone, clock.now()).isoformat()}.csv"
        return send_file(written, "text/csv; charset=utf-8", as_attachment=True, download_name=name)

    def export_all(self) -> Response:
        """The same as a job, however many rows there are: a CSV file or a workbook."""
        form, me = ExportForm(), web.person()
        args = arguments(form.asked.data or "")
        asked, wanted, total = self.chosen(args)
        job_id = form.validate() and web.attempt(
            form,
            lambda: services.exports.ask(
                self.listing,
                wanted,
                (self.listing.head, *asked.columns),
                ending=form.ending.data,
                by=me,
                total=total.n if total.is_exact else None,
            ),
        )
        if not job_id:
            return self._long_export(total, status=422)
        web.toast(
            f"{filters.sentence(self.listing.nouns)} are being written. We tell you when the file is there.",
            link=url_for("jobs.index"),
            link_text="Look on",
        )
        return web.done(self.url("index", **asked.address()))

    def _long_export(self, total: Count, *, status: int = 200) -> Response:
        """Ask in which kind of file so many rows are to be written."""
        said = request.query_string.decode("utf-8", "ignore") or request.form.get("asked", "")
        return web.render(
            "lists/export.html",
            "lists/_export.html",
            status=status,
            listing=self.listing,
            n=str(total),
            form=ExportForm(data={"asked": said}),
            back=self.back(),
            list_url=self.url,
        )
