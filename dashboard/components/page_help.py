"""Page help: what a page shows and what to do with it - its section of the ward's guide, in a dialog over the page.

The button `?` and the key `?` open it, Esc closes it (`assets/help.js`). The text comes when it is asked for.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.state.page import PageList
from ingest.contract.label import Label, Language

GUIDE = Path(__file__).parents[2] / "docs" / "huong-dan.md"

HELP = Label("Hướng dẫn của trang này (phím ?)", "What this page is for (key ?)")
WORD = Label("Hướng dẫn", "Help")
"""Beside the sign on a phone, where there is no key."""
CLOSE = Label("Đóng", "Close")
NOTHING = Label("Trang này không có phần hướng dẫn.", "The guide says nothing about this page.")

_HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)
_ENGLISH = re.compile(r"^\*English:\* ((?:.+\n?)+)", re.MULTILINE)
_OF_INSTALLERS = re.compile(r"^\*\*Người cài đặt:\*\* (?:.+\n?)+", re.MULTILINE)
"""What is done on the server, which the ward's people do not do."""
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
"""Links of the guide lead to files beside it, which the board does not serve."""


class GuideSection(NamedTuple):
    """What the guide says of a page, as Markdown."""

    vi: str
    en: str
    """Empty where the guide says it in Vietnamese alone."""

    def text(self, language: Language) -> str:
        """It in a language, else in Vietnamese."""
        return (self.en if language == "en" else "") or self.vi


@cache
def guide_sections() -> dict[str, GuideSection]:
    """The guide by its headings; a page's section bears the page's Vietnamese name."""
    _, *parts = _HEADING.split(GUIDE.read_text("utf-8"))
    return {heading: _section(_LINK.sub(r"\1", body)) for heading, body in zip(parts[::2], parts[1::2], strict=True)}


def help_button(language: Language) -> Component:
    """What opens it."""
    named: dict[str, Any] = {"aria-label": HELP.text(language), "aria-haspopup": "dialog"}
    word = html.Span(WORD.text(language), className="help-word")
    return html.Button(["?", word], id="help", type="button", title=HELP.text(language), **named)


def help_dialog() -> Component:
    """Its place, which stands around every page."""
    named: dict[str, Any] = {"aria-labelledby": "help-title"}
    return html.Dialog(html.Div(id="help-text"), id="help-dialog", **named)


def register(app: Dash, pages: PageList) -> None:
    """Bring the text when it is asked for."""

    @app.callback(
        Output("help-text", "children"), Input("help", "n_clicks"), State("url", "pathname"), prevent_initial_call=True
    )
    def show(clicks: object, path: object) -> list[Component]:
        place, language = pages.find(path), viewer().language
        if place is None or not clicks:
            return []
        found = guide_sections().get(place.page.label.vi)
        return [
            html.H2(place.page.label.text(language), id="help-title"),
            dcc.Markdown(found.text(language) if found else NOTHING.text(language)),
            html.Button(CLOSE.text(language), id="help-close", type="button"),
        ]


def _section(body: str) -> GuideSection:
    body = _OF_INSTALLERS.sub("", body)
    english = _ENGLISH.search(body)
    return GuideSection(_ENGLISH.sub("", body).strip(), english[1].strip() if english else "")
