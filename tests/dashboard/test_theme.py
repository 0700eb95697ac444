import re
from itertools import product

import pytest

from dashboard.apps.static_files import ASSETS
from dashboard.theme import TONES

SCHEMES = ("dark", "light")
LEAST = 7
"""Contrast of figures with their ground (WCAG 2.2, 1.4.6)."""


def rgb(name, scheme):
    tone = getattr(TONES[name], scheme)
    return [int(tone[place : place + 2], 16) for place in (1, 3, 5)]


def mixed(name, share, ground, scheme):
    """As `color-mix(in srgb, …)`."""
    pairs = zip(rgb(name, scheme), rgb(ground, scheme), strict=True)
    return [share * one + (1 - share) * other for one, other in pairs]


def luminance(colour):
    parts = [value / 255 for value in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("name", "ground"), [("wait", "card"), *product(["text", "dim", "amber-ink", "red"], ["ground", "card"])]
)
def test_figures_stand_out_from_their_ground(name, ground, scheme):
    assert contrast(rgb(name, scheme), rgb(ground, scheme)) >= LEAST


def test_amber_is_no_brown_and_stands_out():
    assert contrast(rgb("amber-ink", "light"), rgb("amber-ground", "light")) >= LEAST
    for scheme in SCHEMES:
        assert contrast(rgb("amber", scheme), rgb("card", scheme)) >= 3, "a sign (WCAG 2.2, 1.4.11)"
        red, green, blue = rgb("amber", scheme)
        assert red > 200 > green > 100 > blue


@pytest.mark.parametrize("scheme", SCHEMES)
def test_figures_stand_out_from_the_hottest_cell(scheme):
    (share,) = re.findall(r"var\(--blue\) calc\(var\(--heat\) \* ([\d.]+)\)", (ASSETS / "parts.css").read_text())
    assert contrast(rgb("text", scheme), mixed("blue", float(share), "cell", scheme)) >= LEAST


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("name", "tint"), [("amber-ink", "amber"), ("red", "red")])
def test_the_title_of_alarms_stands_out_from_its_tint(name, tint, scheme):
    assert contrast(rgb(name, scheme), mixed(tint, 0.07, "card", scheme)) >= 4.5
