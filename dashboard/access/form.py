"""Form: the two pages that are no part of the board itself - log-in and change of password - as plain HTML without scripts."""

from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import NamedTuple
from urllib.parse import parse_qs

from fastapi import Request

from dashboard import theme
from dashboard.settings import BoardSettings
from dashboard.theme import Scheme
from dashboard.words.text import CENTRE
from ingest.contract.label import Label, Language

LIMIT = 4096
"""Most bytes of a filled-in form."""

_MOST_FIELDS = 8


class Field(NamedTuple):
    """One place to write in."""

    name: str
    label: Label
    autocomplete: str
    kind: str = "text"
    value: str = ""


class Form(NamedTuple):
    """What a page asks for."""

    title: Label
    action: str
    fields: tuple[Field, ...]
    hint: Label
    hidden: dict[str, str]
    link: tuple[str, Label]
    """Where else to go, and what that is called."""


class FormLook(NamedTuple):
    """How a person wants to see a form."""

    language: Language
    scheme: Scheme | None
    """`None` leaves it to the person's system."""


def render(form: Form, settings: BoardSettings, look: FormLook, fault: Label | None = None) -> str:
    """The whole page.

    Args:
        form: what it asks for.
        settings: name the ward.
        look: its language, and whether it is dark or light.
        fault: what was wrong with the last try.
    """
    language = look.language

    def say(label: Label) -> str:
        return escape(label.text(language))

    fields = [
        f'<label>{say(one.label)}<input name="{one.name}" type="{one.kind}" value="{escape(one.value)}" '
        f'autocomplete="{one.autocomplete}" autocapitalize="none" required{" autofocus" if place == 0 else ""}></label>'
        for place, one in enumerate(form.fields)
    ]
    fields += [f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in form.hidden.items()]
    target, name = form.link
    return _template().substitute(
        language=language,
        scheme=f' data-theme="{look.scheme}"' if look.scheme else "",
        title=say(form.title),
        heading=escape(CENTRE.text(language, ward=settings.ward_name)),
        action=form.action,
        fault=f'<p class="fault" role="alert">{say(fault)}</p>' if fault else "",
        fields="\n".join(fields),
        hint=say(form.hint),
        link=f'<a href="{escape(target)}">{say(name)}</a>',
    )


@cache
def _template() -> Template:
    text = files("dashboard.access").joinpath("form.html").read_text("utf-8")
    return Template(Template(text).safe_substitute(variables=theme.variables()))


async def read_form(request: Request) -> dict[str, str] | None:
    """What was filled in; `None` when it is more than a form can hold."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LIMIT:
            return None
    try:
        filled = parse_qs(body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None
    return {name: values[0] for name, values in filled.items()}
