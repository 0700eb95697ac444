"""Boundaries callbacks: shows what a file would draw, takes it, and goes back; each asks anew whether the person may."""

import base64
import binascii
from hashlib import sha256
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update

from dashboard.access.viewer import Viewer, viewer
from dashboard.board.page_services import Services
from dashboard.pages.boundaries.page import PAGE
from dashboard.pages.boundaries.tables import kept_table, known_devices, preview
from dashboard.store.store import StoreUnavailable
from dashboard.thread_pool import ThreadPool
from dashboard.ward_map.file import shown_map
from dashboard.ward_map.geojson import MapRefused, read_boundaries
from dashboard.ward_map.kept import LONGEST_UPLOAD, KeptMaps
from ingest.contract.away import SERVICE_ASK_AGAIN
from ingest.contract.errors import IocError
from ingest.contract.label import Label

NO_FILE = Label("hãy chọn một tệp GeoJSON", "choose a GeoJSON file")
REFUSED = Label("Tệp không dùng được: {why}.", "The file cannot be used: {why}.")
TAKEN = Label("Đã dùng ranh giới mới.", "The new boundaries are in use.")
WENT_BACK = Label("Đã quay lại bản trước.", "The former boundaries are in use.")
CHANGED_MEANWHILE = Label("Người khác vừa thay đổi; hãy xem lại.", "Somebody has just changed it; look again.")


def register(app: Dash, services: Services) -> None:
    """Attach the page's callbacks."""
    kept, pool = KeptMaps(services.settings.folder), ThreadPool("boundaries", threads=1, waiting=4, of_one_client=2)
    _register_list(app, services, kept)
    _register_look(app, services, pool)
    _register_acts(app, services, kept, pool)


def _register_list(app: Dash, services: Services, kept: KeptMaps) -> None:
    @app.callback(
        Output("boundaries-now", "children"),
        Output("boundaries-kept", "children"),
        Output("boundaries-newest", "data"),
        Output("boundaries-back-button", "disabled"),
        Input("boundaries-acted", "data"),
    )
    def show(_acted: object) -> tuple[Any, ...]:
        person = viewer()
        if not person.may(PAGE.right):
            return (no_update,) * 4
        said = shown_map(services.settings.data_folder, services.settings.groups).said.text(person.language)
        try:
            all_kept = kept.all()
        except StoreUnavailable as error:
            return said, error.public.text(person.language), None, True
        return said, kept_table(all_kept, person.language), all_kept[0].id if all_kept else None, not all_kept


def _register_look(app: Dash, services: Services, pool: ThreadPool) -> None:
    @app.callback(
        Output("boundaries-preview", "children"),
        Output("boundaries-take", "disabled"),
        Output("boundaries-fault", "children", allow_duplicate=True),
        Output("boundaries-done", "children", allow_duplicate=True),
        Input("boundaries-upload", "contents"),
        prevent_initial_call=True,
    )
    async def look(contents: object) -> tuple[Any, ...]:
        person = viewer()
        if not person.may(PAGE.right):
            return (no_update,) * 4
        known = known_devices(services.live.board_state(person.language))

        def read() -> Any:
            content = _content(contents)
            found = read_boundaries(content, services.settings.groups)
            return preview(found, known, sha256(content).hexdigest(), person.language)

        try:
            return await pool.run(person.name, read), False, "", ""
        except IocError as error:
            return None, True, _why(error, person), ""


def _register_acts(app: Dash, services: Services, kept: KeptMaps, pool: ThreadPool) -> None:
    groups = services.settings.groups

    @app.callback(
        Output("boundaries-acted", "data"),
        Output("boundaries-done", "children"),
        Output("boundaries-fault", "children"),
        Output("boundaries-preview", "children", allow_duplicate=True),
        Output("boundaries-take", "disabled", allow_duplicate=True),
        Input("boundaries-take", "n_clicks"),
        Input("boundaries-back", "submit_n_clicks"),
        State("boundaries-upload", "contents"),
        State("boundaries-newest", "data"),
        prevent_initial_call=True,
    )
    async def act(takes: object, backs: object, contents: object, newest: object) -> tuple[Any, ...]:
        person = viewer()
        if not person.may(PAGE.right):
            return (no_update,) * 5
        is_back = ctx.triggered_id == "boundaries-back"
        done = WENT_BACK if is_back else TAKEN
        try:
            if is_back:
                if not isinstance(newest, int) or not await pool.run(person.name, kept.go_back, newest, person.name):
                    done = CHANGED_MEANWHILE
            else:
                await pool.run(person.name, lambda: kept.take(_content(contents), groups, person.name))
        except IocError as error:
            return no_update, "", _why(error, person), no_update, no_update
        return [takes, backs], done.text(person.language), "", None, True


def _content(contents: object) -> bytes:
    """What a browser sent, as a file.

    Raises:
        MapRefused: it is none.
    """
    try:
        content = base64.b64decode(str(contents or "").partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if not 0 < len(content) <= LONGEST_UPLOAD:
        raise MapRefused(NO_FILE)
    return content


def _why(error: IocError, person: Viewer) -> str:
    if isinstance(error, MapRefused):
        return REFUSED.text(person.language, why=error.why.text(person.language))
    if isinstance(error, StoreUnavailable):
        return error.public.text(person.language)
    return SERVICE_ASK_AGAIN.text(person.language)
