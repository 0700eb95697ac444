"""Theme: the design's tokens in one place; the component library's theme, the charts and the style sheet are made from them."""

from typing import Any

FONT = "'Inter Variable', system-ui, sans-serif"

GROUND = "#0c0f14"
CARD = "#141922"
LINE = "#232b37"
TEXT = "#f2f5f8"
DIM = "#9fb0c3"
LIVE = "#4fd1c5"
AMBER = "#ffb020"
RED = "#ff6b5e"
BLUE = "#42629c"
LIGHT_BLUE = "#7aa7ff"
WAIT = "#ffd479"

_STEPS = 10


def mantine() -> dict[str, Any]:
    """The component library's theme: dark, our font, our greys in the places where it looks for its own."""
    dark = [TEXT, "#c6d1dd", DIM, "#7f8fa3", "#465366", LINE, "#1b2230", CARD, "#10141b", GROUND]
    return {
        "fontFamily": FONT,
        "fontFamilyMonospace": "ui-monospace, 'DejaVu Sans Mono', monospace",
        "primaryColor": "sky",
        "primaryShade": 5,
        "defaultRadius": "md",
        "colors": {
            "dark": dark,
            "sky": [LIGHT_BLUE] * 5 + [BLUE] * 5,
            "amber": [AMBER] * _STEPS,
            "alert": [RED] * _STEPS,
        },
        "headings": {"fontFamily": FONT, "fontWeight": "600"},
    }


def variables() -> str:
    """The tokens as CSS custom properties."""
    tokens = {
        "ground": GROUND, "card": CARD, "line": LINE, "text": TEXT, "dim": DIM, "live": LIVE,
        "amber": AMBER, "red": RED, "blue": BLUE, "light-blue": LIGHT_BLUE,
    }  # fmt: skip
    return ":root{" + "".join(f"--{name}:{value};" for name, value in tokens.items()) + "}"
