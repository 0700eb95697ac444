/* Past: the ways through time. A step within the day moves the slider, and the figures change in place; another day is another page. */
(function () {
  "use strict";
  const MINUTE = 60000;
  const DAY = 1440;
  const REST = 250;
  let waiting = null;
  let wanted = null; // minute of the day, ahead of what is shown while it is being read

  function place() {
    return document.getElementById("past");
  }

  function local(ms) {
    return new Date(ms + 7 * 3600000).toISOString().slice(0, 16); // the ward has one offset all year
  }

  function search(shape, view) {
    return "?at=" + shape + (view === "now" ? "&view=now" : "");
  }

  function go(shape) {
    const past = place();
    location.assign(past.dataset.path + search(shape, past.dataset.view));
  }

  function step(minutes) {
    const start = Number(place().dataset.start);
    const minute = wanted + minutes;
    if (minute < 0 || minute > DAY) {
      go(local(start + minute * MINUTE));
      return;
    }
    wanted = minute; // at once: the next step may come before the slider has moved
    window.dash_clientside.set_props("past-minute", { value: minute });
  }

  /* Another day, at the same time. */
  function day(date) {
    const past = place();
    if (past && date && date !== local(Number(past.dataset.start)).slice(0, 10)) {
      go(date + "T" + local(Number(past.dataset.start) + wanted * MINUTE).slice(11));
    }
    return window.dash_clientside.no_update;
  }

  /* The slider has moved: once it rests, its minute is asked for. */
  function want(minute) {
    const hasMoved = wanted !== null;
    wanted = minute;
    setTimeout(say);
    clearTimeout(waiting);
    if (hasMoved) waiting = setTimeout(() => window.dash_clientside.set_props("past-turn", { data: minute }), REST);
    return window.dash_clientside.no_update;
  }

  /* The address, the title and the ways to other pages say which minute is shown. */
  function say() {
    const past = place();
    if (!past || !past.dataset.shape) return;
    const { shape, view, title } = past.dataset;
    if (document.title !== title) document.title = title;
    const here = search(shape, view);
    if (location.search !== here) history.replaceState(history.state, "", past.dataset.path + here);
    for (const link of document.querySelectorAll(".ways a[href*='at=']")) {
      const to = new URL(link.href);
      to.searchParams.set("at", shape);
      link.href = to.pathname + to.search.replaceAll("%3A", ":");
    }
  }

  addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest(".past-step");
    if (button) step(Number(button.dataset.minutes));
  });
  new MutationObserver(say).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-shape", "data-view"] });
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.past = { day, want };
})();
