"""Theme: the design's tokens in one place, each with its dark and its light colour.

The component library's theme, the charts and the style sheets are made from them. Which of the two is shown: what the address or the cookie says, else what the person's system prefers. Figures stand out from
their ground by at least 7:1 in both.
"""

from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qs

Scheme = Literal["dark", "light"]

SCHEME_COOKIE = "ioc_theme"

FONT = "'Inter Variable', system-ui, sans-serif"


class Tone(NamedTuple):
    """One role's colours."""

    dark: str
    light: str


TONES = {
    "ground": Tone("#0c0f14", "#eef1f5"),
    "card": Tone("#141922", "#ffffff"),
    "cell": Tone("#1d2532", "#e6eaf0"),
    "line": Tone("#232b37", "#d3dae3"),
    "text": Tone("#f2f5f8", "#10161f"),
    "dim": Tone("#9fb0c3", "#445264"),
    "live": Tone("#4fd1c5", "#0a6259"),
    "amber": Tone("#ffb020", "#d97706"),
    "amber-ink": Tone("#ffb020", "#10161f"),
    "amber-ground": Tone("transparent", "#ffd166"),
    "red": Tone("#ff8a80", "#990f0f"),
    "blue": Tone("#4a6cb0", "#6a94d8"),
    "light-blue": Tone("#7aa7ff", "#1b4aa6"),
    "wait": Tone("#ffd479", "#660052"),
    "pretend": Tone("#2c2547", "#e7e1fb"),
    "on-pretend": Tone("#d6c9ff", "#3d2b7a"),
}
"""Amber letters that stand out from white are brown: on light they are dark and stand on an amber ground."""

LETTERS = {"xs": 0.75, "sm": 0.875, "md": 1, "lg": 1.125, "xl": 1.25}
"""The component library's sizes of letters, in rem; none is smaller than 13 px, whatever a rem is."""

_STEPS = 10


def token(name: str) -> str:
    """A role's colour as CSS, which follows the scheme."""
    if name not in TONES:
        raise KeyError(f"no colour is called {name}")
    return f"var(--{name})"


def scheme_of(cookies: dict[str, str], query: bytes = b"") -> Scheme | None:
    """The scheme that was just chosen, else the one remembered; `None` leaves it to the person's system."""
    chosen = parse_qs(query.decode("latin-1")).get("theme", [cookies.get(SCHEME_COOKIE, "")])[0]
    return chosen if chosen in ("dark", "light") else None  # type: ignore[return-value]


def mantine() -> dict[str, Any]:
    """The component library's theme: our font, our greys in the places where it looks for its own."""
    dark, light = ({name: getattr(tone, scheme) for name, tone in TONES.items()} for scheme in ("dark", "light"))
    return {
        "fontFamily": FONT,
        "fontFamilyMonospace": "ui-monospace, 'DejaVu Sans Mono', monospace",
        "primaryColor": "sky",
        "primaryShade": 5,
        "defaultRadius": "md",
        "fontSizes": {name: f"max(13px, {size}rem)" for name, size in LETTERS.items()},
        "white": light["card"],
        "black": light["text"],
        "colors": {
            "dark": [dark["text"], "#c6d1dd", dark["dim"], "#7f8fa3", "#465366", dark["line"], "#1b2230", dark["card"],
                     "#10141b", dark["ground"]],
            "gray": [light["ground"], light["cell"], light["line"], "#c3ccd8", "#a9b5c4", "#8492a4", light["dim"],
                     "#38444f", "#232c37", light["text"]],
            "sky": [dark["light-blue"]] * 5 + [light["light-blue"]] * 5,
            "amber": [dark["amber"]] * _STEPS,
            "alert": [dark["red"]] * _STEPS,
        },
        "headings": {"fontFamily": FONT, "fontWeight": "600"},
    }  # fmt: skip


def variables() -> str:
    """The tokens as CSS custom properties."""
    tones = "".join(f"--{name}:light-dark({tone.light},{tone.dark});" for name, tone in TONES.items())
    schemes = "".join(f":root[data-theme={scheme}]{{color-scheme:{scheme}}}" for scheme in ("dark", "light"))
    return f":root{{color-scheme:light dark;{tones}}}{schemes}{_on_paper()}"


def _on_paper() -> str:
    """Charts bear the colours of the scheme in which they were drawn: on paper those of the dark one are the light one's."""
    rules = [
        f".graph [style*='{what}: {_rgb(tone.dark)}']{{{what}:{tone.light} !important}}"
        for tone in TONES.values()
        if tone.dark.startswith("#")
        for what in ("fill", "stroke")
    ]
    return f"@media print{{{''.join(rules)}}}"


def _rgb(colour: str) -> str:
    """A colour as browsers write it."""
    return "rgb({}, {}, {})".format(*bytes.fromhex(colour[1:]))
