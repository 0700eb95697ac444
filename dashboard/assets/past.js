/* Past: the ways through time. Whatever way somebody goes, the figures change in place. One minute is asked for at a time: what is wanted
   meanwhile waits for the answer, and only the newest wish is asked for then. So answers come in order and none comes late. */
(function () {
  "use strict";
  const MINUTE = 60000;
  const DAY = 1440;
  const OFFSET = 7 * 3600000; // the ward has one offset all year
  const REST = 80; // ms after which a slider counts as at rest
  const LONG = 350; // ms after which the figures of the minute before give way to their skeleton
  const AGAIN = 1500;
  const MOST_TRIES = 5;
  let wanted = null; // ahead of what is shown: {at, view} or {typed, at, view}
  let asked = null;
  let number = 0;
  let tries = 0;
  let resting = null;
  let waiting = null;
  const stood = {}; // what the slider and the day show

  function place() {
    return document.getElementById("past");
  }

  function set(id, props) {
    window.dash_clientside.set_props(id, props);
  }

  function local(ms) {
    return new Date(ms + OFFSET).toISOString().slice(0, 16);
  }

  /* The midnight at which the day begins whose board is shown; a midnight itself ends the day before. */
  function dayStart(ms) {
    return Math.floor((ms - 1 + OFFSET) / (DAY * MINUTE)) * DAY * MINUTE - OFFSET;
  }

  function search(shape, view) {
    return "?at=" + shape + (view === "now" ? "&view=now" : "");
  }

  function begin() {
    const past = place();
    if (wanted === null && past) {
      wanted = asked = { at: Number(past.dataset.first), view: past.dataset.look };
      waitLong();
    }
    return past;
  }

  function frame() {
    return document.querySelector(".past-frame");
  }

  function waitLong() {
    clearTimeout(waiting);
    waiting = setTimeout(() => frame() && frame().classList.add("is-waiting"), LONG);
  }

  function want(what, rest) {
    if (!begin()) return;
    wanted = { at: wanted.at, view: wanted.view, keep: false, ...what };
    tries = 0;
    clearTimeout(resting);
    if (rest) resting = setTimeout(ask, REST);
    else ask();
    if (!wanted.typed) setTimeout(stand); // first what takes the longest
  }

  function ask() {
    resting = null;
    if (asked !== null || !place()) return; // its answer comes first
    asked = wanted;
    number += 1;
    waitLong();
    const { shown } = place().dataset; // what it shows: only what is another comes
    set("past-turn", { data: { at: asked.at, view: asked.view, typed: asked.typed || "", number, shown } });
  }

  /* The server has done what it could. Without an answer - another window of the same person came first, or the network failed - the same is asked again. */
  function done() {
    const past = begin();
    if (!past || asked === null) return;
    const was = asked;
    asked = null;
    clearTimeout(waiting);
    if (Number(past.dataset.told) !== number) {
      tries += 1;
      if (tries <= MOST_TRIES) {
        resting = setTimeout(ask, AGAIN * tries);
        return;
      }
      set("past-fault", { children: past.dataset.lost });
    }
    frame().classList.remove("is-waiting");
    if (past.dataset.at) frame().classList.remove("is-empty");
    if (was !== wanted) {
      if (resting === null) ask();
      return;
    }
    if (!past.dataset.at) return;
    const isFault = Boolean(document.getElementById("past-fault").textContent);
    wanted = { at: Number(past.dataset.at), view: past.dataset.view };
    stand();
    if (!isFault) tell(was.keep);
  }

  /* The slider and the day say which minute is wanted. */
  function stand() {
    const start = dayStart(wanted.at);
    const next = { minute: (wanted.at - start) / MINUTE, day: local(start).slice(0, 10) };
    for (const part of ["minute", "day"]) if (stood[part] !== next[part]) set("past-" + part, { value: next[part] });
    Object.assign(stood, next);
  }

  /* The field, the address, the title and the ways to other pages say which minute is shown. */
  function tell(keep) {
    const past = place();
    const { shape, view, title } = past.dataset;
    const typed = shape.slice(11) + " " + shape.slice(0, 10).split("-").reverse().join("/");
    if (document.getElementById("past-typed").value !== typed) set("past-typed", { value: typed });
    document.title = title;
    const here = search(shape, view);
    if (location.search !== here) history[keep ? "pushState" : "replaceState"](history.state, "", past.dataset.path + here);
    for (const link of document.querySelectorAll(".ways a[href*='at=']")) {
      const to = new URL(link.href);
      to.searchParams.set("at", shape);
      link.href = to.pathname + to.search.replaceAll("%3A", ":");
    }
  }

  function step(minutes) {
    if (begin()) want({ at: wanted.at + minutes * MINUTE, typed: "" });
  }

  /* The slider was moved, by somebody. */
  function minute(value) {
    stood.minute = value;
    if (begin() && typeof value === "number") {
      const at = dayStart(wanted.at) + value * MINUTE;
      if (at !== wanted.at) want({ at, typed: "" }, true);
    }
    return window.dash_clientside.no_update;
  }

  /* Another day, at the same time. */
  function day(date) {
    stood.day = date;
    if (begin() && date) {
      const start = dayStart(wanted.at);
      const at = Date.parse(date + "T00:00:00Z") - OFFSET + (wanted.at - start);
      if (dayStart(at) !== start) want({ at, typed: "", keep: true });
    }
    return window.dash_clientside.no_update;
  }

  function view(value) {
    if (begin() && value !== wanted.view) want({ view: value });
    return window.dash_clientside.no_update;
  }

  function go() {
    const typed = document.getElementById("past-typed").value.trim();
    if (typed) want({ typed, keep: true });
  }

  function watch() {
    const busy = document.getElementById("past-busy");
    if (!busy || busy.dataset.watched) return;
    busy.dataset.watched = "yes";
    begin();
    let was = true;
    new MutationObserver(() => {
      const is = busy.classList.contains("is-busy");
      if (was && !is) setTimeout(done);
      was = is;
    }).observe(busy, { attributes: true, attributeFilter: ["class"] });
  }

  addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest(".past-step, #past-go");
    if (!button) return;
    if (button.id === "past-go") go();
    else step(Number(button.dataset.minutes));
  });
  /* Left and right go five minutes, wherever these keys have no meaning of their own. */
  addEventListener(
    "keydown",
    (event) => {
      if (!place()) return;
      if (event.key === "Enter" && event.target.id === "past-typed") go();
      const minutes = { ArrowLeft: -5, ArrowRight: 5 }[event.key];
      const own = event.target.closest("input, textarea, select, [contenteditable], [role=dialog], [role=listbox]");
      const scrolls = event.target !== document.body && event.target.scrollWidth > event.target.clientWidth + 1;
      if (!minutes || own || scrolls || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation();
      step(minutes);
    },
    true
  );
  addEventListener("popstate", () => {
    const fields = new URLSearchParams(location.search);
    const at = Date.parse(fields.get("at") + ":00+07:00");
    if (place() && at) want({ at, view: fields.get("view") === "now" ? "now" : "then", typed: "" });
  });
  new MutationObserver(watch).observe(document, { subtree: true, childList: true });
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.past = { day, minute, view };
})();
