"""Views of a list that people keep under a name."""

from dataclasses import dataclass

from flask import Response, request

from crm import services, web
from crm.blueprints.lists.pages import Pages, arguments, asker
from crm.forms.lists import Asked, ViewForm
from crm.queries.lists import Asker


@dataclass(frozen=True)
class Views(Pages):
    """Naming, keeping and forgetting views."""

    def name_view(self) -> Response:
        """Ask for the name under which the list is kept as it is."""
        return self._naming(
            ViewForm(formdata=None, data={"asked": request.query_string.decode("utf-8", "ignore")})
        )

    def save_view(self) -> Response:
        """Keep the list as it is."""
        form, me = ViewForm(), asker()
        asked = self._asked_by(form, me)
        view = form.validate() and web.attempt(
            form,
            lambda: services.saved_views.save(
                self.listing.name,
                name=form.name.data or "",
                query=asked.query,
                columns=asked.columns_word.split(",") if asked.columns_word else [],
                is_shared=form.is_shared.data,
                is_default=form.is_default.data,
                by=me.user_id,
            ),
        )
        if not view:
            return self._naming(form, status=422)
        web.toast(f"View “{view.name}” is kept.")
        return web.done(self.url("index", view=view.saved_view_id))

    def delete_view(self, saved_view_id: int) -> Response:
        """Forget a view; the rows in it stay where they are."""
        view = services.saved_views.delete(saved_view_id, by=web.person().user_id)
        web.toast(f"View “{view.name}” is deleted. What it showed stays.")
        return web.done(self.url("index"))

    def _asked_by(self, form: ViewForm, me: Asker) -> Asked:
        return Asked.read(self.listing, arguments(form.asked.data or ""), asker=me)

    def _naming(self, form: ViewForm, *, status: int = 200) -> Response:
        back = self.url("index", **self._asked_by(form, asker()).address())
        return web.render(
            "lists/name_view.html",
            "lists/_name_view.html",
            status=status,
            listing=self.listing,
            form=form,
            back=back,
            list_url=self.url,
        )
