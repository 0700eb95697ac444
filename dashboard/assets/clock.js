/* Clock: the install's time in the browser, and everything that ages with it. Nothing is asked of the server for this but,
   at the start and every ten minutes, how far the two clocks are apart. */
(function () {
  "use strict";
  const ZONE = "Asia/Ho_Chi_Minh";
  const UNITS = {
    vi: { s: " s", m: " phút", h: " giờ", d: " ngày" },
    en: { s: " s", m: " min", h: " h", d: " d" },
  };
  const clock = { offset: 0, realAt: null, shownAt: null, speed: 1 };

  function language() {
    return document.documentElement.lang === "en" ? "en" : "vi";
  }

  /* Real time by the server's clock. */
  function realNow() {
    return Date.now() + clock.offset;
  }

  /* The install's time: real, or the pretend ward's. */
  function now() {
    return clock.realAt === null ? null : clock.shownAt + (realNow() - clock.realAt) * clock.speed;
  }

  /* The install's time of day, so many real milliseconds ago. */
  function time(ago) {
    const at = now();
    if (at === null) return "";
    const moment = new Date(at - ago * clock.speed);
    return moment.toLocaleTimeString("en-GB", { timeZone: ZONE, hour: "2-digit", minute: "2-digit" });
  }

  async function synchronise() {
    let best = null;
    for (let tries = 0; tries < 4; tries++) {
      const sent = Date.now();
      const answer = await fetch(document.documentElement.dataset.clock, { cache: "no-store" });
      if (answer.status === 401) {
        location.reload(); // the server leads to the log-in, and back here
        return;
      }
      if (!answer.ok) return;
      const got = Date.now();
      const told = await answer.json();
      if (best === null || got - sent < best.took) {
        best = { took: got - sent, offset: told.real_ms - (sent + got) / 2, told };
      }
    }
    clock.offset = best.offset;
    clock.realAt = best.told.real_ms;
    clock.shownAt = best.told.now_ms;
    clock.speed = best.told.speed;
    tick();
  }

  function age(ms) {
    const unit = UNITS[language()];
    const seconds = Math.max(0, Math.floor(ms / 1000));
    if (seconds < 60) return seconds + unit.s;
    if (seconds < 3600) return Math.floor(seconds / 60) + unit.m;
    if (seconds < 172800) return Math.floor(seconds / 3600) + unit.h;
    return Math.floor(seconds / 86400) + unit.d;
  }

  function put(element, text) {
    if (element && element.textContent !== text) element.textContent = text;
  }

  /* The moment that the page shows: now, or a minute of the past, which does not move. */
  function shown() {
    const past = document.getElementById("past");
    return past ? Number(past.dataset.at) || null : now();
  }

  function tick() {
    const at = shown();
    if (at === null) return;
    const locale = language() === "vi" ? "vi-VN" : "en-GB";
    const moment = new Date(at);
    put(document.getElementById("clock"), moment.toLocaleTimeString("en-GB", { timeZone: ZONE, hour12: false }));
    const day = moment.toLocaleDateString(locale, { timeZone: ZONE, weekday: "long" });
    const date = moment.toLocaleDateString("en-GB", { timeZone: ZONE });
    put(document.getElementById("date"), day + ", " + date);
    for (const element of document.querySelectorAll("[data-since]")) {
      const since = Number(element.dataset.since);
      put(element, since ? age(at - since) : "");
    }
  }

  window.iocClock = { now, time, synchronise, speed: () => clock.speed };
  let ticked = Date.now();
  setInterval(() => {
    const jump = Math.abs(Date.now() - ticked);
    ticked = Date.now();
    if (jump > 10000 && !document.hidden) synchronise().catch(() => {}); // the PC slept, or its clock was set
    tick();
  }, 1000);
  setInterval(() => synchronise().catch(() => {}), 600000);
  new MutationObserver(tick).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-since", "data-at"] });
  synchronise().catch(() => {});
})();
