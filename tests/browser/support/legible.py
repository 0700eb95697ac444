"""What can be read of a page in a browser: the size of every text, and which texts are cut off, run off the page or lie on each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboard.apps.page_list import pages
from dashboard.state.alarm import combine_alarms
from dashboard.words import number
from tests.browser.conftest import shown
from tests.browser.support.served import Served, served
from tests.dashboard.support.alarms import after, raised, wall
from tests.dashboard.support.devices import DeviceReader
from tests.dashboard.support.past import keep_one_day
from warehouse.catalogue import measures
from warehouse.model.indicator import Unit

PLACES = [
    *(page.path for page in pages().values() if page.arguments is None),
    "/history/Q03",
    "/history/Q03?period=week&split=service_code",
    "/?at=2026-11-24T10:15",
    "/due?at=2026-11-24T10:15",
    "/proof/Q03",
    "/group/12",
    "/device/tdp-012-l1",
]
"""The addresses of all pages, one for each that has an argument."""
DESK_LEAST = 13
"""Pixels below which no letter on a desk or a phone is."""
FINGER = 44
"""Pixels that what is pressed on a phone is high."""
LOOKS = 8
"""How often a page is read until nothing is wrong with it."""
NUMBERS = count(1)


def long_text(unit: Unit) -> str:
    """A small figure as long as on a bad day."""
    if unit.out_of or (unit.factor == 1 and not unit.decimals):
        return "88/88" if unit.out_of else "888"
    label = (unit.short or unit.label).vi
    return f"88{',' if unit.decimals else ''}{'8' * unit.decimals}{number.SPACE}{label}"


LONG = {f"{one.id.lower()}-figure": long_text(one.unit) for one in measures()}
LONG |= {f"{one.id.lower()}-parts": f"888 {one.counted.vi}" for one in measures() if one.counted}
FILL = """texts => Object.entries(texts).forEach(([id, text]) => {
    const part = document.querySelector(`.small [id="${id}"]`);
    if (!part) return;
    part.textContent = text;
    part.closest('.small').classList.remove('is-empty');
})"""
LOOK = """([least, needed]) => {
  const name = one => {
    const steps = [];
    for (let at = one; at && at !== document.body; at = at.parentElement) {
      const classes = (at.getAttribute("class") || "").split(" ").filter(part => part && !/^m_|^mantine/.test(part)).slice(0, 2);
      steps.unshift(at.id && !at.id.startsWith("{") ? "#" + at.id : at.tagName.toLowerCase() + classes.map(part => "." + part).join(""));
      if (steps[0].startsWith("#")) break;
    }
    return steps.slice(-3).join(" > ");
  };
  const seen = one => one.checkVisibility({ visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true });
  const scrolls = style => ["auto", "scroll"].includes(style.overflowX) || ["auto", "scroll"].includes(style.overflowY);
  /* What of a box can be seen: less what the ancestors that cut it off leave of it; whatever scrolls can be brought into view. */
  const cutBy = (one, box) => {
    for (let at = one; at && at !== document.documentElement; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (scrolls(style)) return null;
      const edge = at.getBoundingClientRect();
      const cutsX = ["hidden", "clip"].includes(style.overflowX), cutsY = ["hidden", "clip"].includes(style.overflowY);
      if (cutsX && (box.left < edge.left - 1.5 || box.right > edge.right + 1.5)) return at;
      // Lines are taller than their letters: only what takes away letters counts.
      const letters = (box.height - parseFloat(getComputedStyle(one).fontSize)) / 2 + 1.5;
      if (cutsY && (box.top < edge.top - Math.max(1.5, letters) || box.bottom > edge.bottom + Math.max(1.5, letters))) return at;
      if (style.position === "fixed") break;
    }
    return box.left < -1.5 || box.right > document.documentElement.clientWidth + 1.5 ? document.body : null;
  };
  const scrolledAway = (one, box) => {
    for (let at = one.parentElement; at && at !== document.documentElement; at = at.parentElement) {
      const edge = at.getBoundingClientRect();
      if (scrolls(getComputedStyle(at)) && (box.top > edge.bottom - 4 || box.bottom < edge.top + 4 || box.left > edge.right - 4)) return true;
    }
    return false;
  };
  const found = { sizes: {}, small: [], cut: [], overlapping: [] };
  const boxes = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = texts.nextNode()); ) {
    const said = node.data.trim(), one = node.parentElement;
    if (!said || ["SCRIPT", "STYLE", "TITLE", "OPTION"].includes(one.tagName) || !seen(one) || one.closest("[hidden], .ag-aria-description-container, [aria-hidden=true]")) continue;
    const size = parseFloat(getComputedStyle(one).fontSize);
    const range = document.createRange();
    range.selectNodeContents(node);
    const rects = [...range.getClientRects()].filter(box => box.width > 1 && box.height > 1);
    if (!size || !rects.length) continue;
    const told = `${name(one)} “${said.slice(0, 40)}” ${size.toFixed(1)} px`;
    const rounded = Math.round(size * 10) / 10;
    found.sizes[rounded] = (found.sizes[rounded] || 0) + said.length;
    if (size < least - 0.05) found.small.push(told);
    const inner = one.closest(".ag-root-wrapper");
    for (const box of rects) {
      if (scrolledAway(one, box)) continue;
      const by = inner ? null : cutBy(one, box);
      if (by) found.cut.push(`${told} by ${name(by)}`);
      const loose = (box.height - size) / 2;
      if (!inner) boxes.push({ one, told, left: box.left, right: box.right, top: box.top + loose, bottom: box.bottom - loose });
    }
  }
  for (const one of document.querySelectorAll("*")) {
    if (getComputedStyle(one).textOverflow === "ellipsis" && one.scrollWidth > one.clientWidth + 1 && seen(one) && !one.closest(".ag-root-wrapper") && one.clientWidth)
      found.cut.push(`${name(one)} “${one.textContent.slice(0, 40)}” ends in …`);
  }
  const fixed = one => { for (let at = one; at; at = at.parentElement) if (["fixed", "sticky"].includes(getComputedStyle(at).position)) return at; return null; };
  for (const box of boxes) box.layer = fixed(box.one);
  for (let n = 0; n < boxes.length; n++)
    for (let m = n + 1; m < boxes.length; m++) {
      const [a, b] = [boxes[n], boxes[m]];
      if (a.layer !== b.layer || a.one === b.one) continue;
      const touches = 2 + (a.bottom - a.top) / 5; // letters do not fill their boxes
      if (a.right > b.left + 2 && b.right > a.left + 2 && a.bottom > b.top + touches && b.bottom > a.top + touches)
        found.overlapping.push(`${a.told} on ${b.told}`);
    }
  const wide = document.documentElement.scrollWidth, width = document.documentElement.clientWidth;
  if (wide > width + 1) found.cut.push(`the page is ${wide} px wide on ${width} px`);
  found.targets = needed ? [...document.querySelectorAll("a[href], button, input, select, summary, [role=tab], [role=checkbox], .cell[tabindex]")]
    .filter(one => seen(one) && one.getClientRects().length && !one.closest("[aria-hidden=true], table, p, .ag-root-wrapper") && getComputedStyle(one).pointerEvents !== "none")
    .map(one => [one, (one.matches("input") ? one.closest("label, .mantine-InputWrapper-root") || one : one).getBoundingClientRect()])
    .filter(([one, box]) => box.height < needed - 0.5 && !one.matches(".figure, .what, .audit, [type=radio], [type=checkbox]"))
    .map(([one, box]) => `${name(one)} “${one.textContent.slice(0, 30)}” ${box.width.toFixed(0)}×${box.height.toFixed(0)} px`) : [];
  return found;
}"""


class Legible(NamedTuple):
    """What was found on a page; every entry names the element."""

    sizes: dict[float, int]
    """Size in pixels -> how many characters."""
    small: list[str]
    cut: list[str]
    overlapping: list[str]
    targets: list[str]

    @property
    def faults(self) -> list[str]:
        """All of them, each with its kind."""
        kinds = ("small", "cut", "overlapping", "targets")
        return [f"{kind}: {one}" for kind in kinds for one in dict.fromkeys(getattr(self, kind))]

    def share_below(self, size: float) -> float:
        """The share of the characters that are smaller."""
        whole = sum(self.sizes.values())
        return sum(count for one, count in self.sizes.items() if one < size - 0.05) / whole if whole else 0.0


def look(page: Any, least: float, target: float = 0) -> Legible:
    """Read a page; while charts are being fitted to it, it is read again.

    Args:
        page: the browser's.
        least: pixels below which no letter may be.
        target: pixels that what is pressed must be high at least; 0: it is not looked at.
    """
    for _ in range(LOOKS):
        found = page.evaluate(LOOK, [least, target])
        sizes = {float(size): count for size, count in found.pop("sizes").items()}
        read = Legible(sizes=sizes, **found)
        if not read.faults:
            break
        page.wait_for_timeout(500)
    return read


def violations(page: Any) -> list[tuple[str, str, list[Any]]]:
    """What axe finds wrong: the rule, how bad, and where. Of what it finds right only the first is told, which makes it faster."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(one["id"], one["impact"], [node["target"] for node in one["nodes"]]) for one in found]


def fill_smalls(page: Any) -> None:
    """All small figures are there, and as long as on a bad day."""
    page.evaluate(FILL, LONG)


@contextmanager
def showing_alarms(folder: Path) -> Iterator[Served]:
    """A board with many alarms and a day of the past, that runs meanwhile."""
    with pytest.MonkeyPatch.context() as patch, served(folder, reader=DeviceReader()) as found:
        keep_one_day(patch)
        more = after(raised("speaker.offline", "2", "critical", 9, 91.4, "TDP-012 TDP-013 TDP-041 TDP-042 TDP-055"))
        found.show(combine_alarms([*wall().active, more, *wall().cleared], {}))
        yield found


def log_in(board: Served, page: Any) -> None:
    """Let a person in who may see everything; the page shows the overview."""
    name = f"person-{next(NUMBERS)}"
    password = board.accounts.add(name, frozenset({"admin"}))
    page.goto(f"{board.url}/login?next=/")
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{board.url}/")
    shown(page)
