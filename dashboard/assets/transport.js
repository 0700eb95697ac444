/* Transport: notices how the figures come - pushed, by the slow fallback, or not at all - and how long an event took to get here. */
(function () {
  "use strict";
  const PUSH_SILENCE = 4000; // ms without a push after which the socket counts as dead
  const LOST_AFTER = 12000; // ms without anything after which the figures are marked as not live
  const RELOAD_AFTER = 45000; // ms on the fallback after which a fresh page tries a fresh socket
  const KEPT = 1000;
  const SHOWN = 100;
  const root = document.documentElement;
  const latencies = [];
  let lastPush = stamp();
  let lastAny = stamp();
  let fallback = false;
  let liveSince = null; // events from before this page was live say nothing about how long they take to it
  let way = "";

  window.iocLatency = latencies;

  /* Two clocks, because the one stands still while the PC sleeps, and the other is set by hand. */
  function stamp() {
    return { wall: Date.now(), run: performance.now() };
  }

  function since(before) {
    return Math.max(Date.now() - before.wall, performance.now() - before.run);
  }

  function percentile(sorted, share) {
    return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  }

  function milliseconds(value) {
    return Math.round(value).toLocaleString(root.lang === "en" ? "en-GB" : "vi-VN") + " ms";
  }

  function showLatency() {
    const sorted = latencies.slice(-SHOWN).sort((a, b) => a - b);
    const element = document.getElementById("latency");
    if (!element) return;
    element.textContent = sorted.length
      ? "p50 " + milliseconds(percentile(sorted, 0.5)) + " · p95 " + milliseconds(percentile(sorted, 0.95))
      : "–";
  }

  /* Called when the new figures are in the DOM; measures once they are painted. */
  function measure(recorded) {
    const clock = window.iocClock;
    requestAnimationFrame(() =>
      setTimeout(() => {
        const at = clock.now();
        if (at === null) return;
        for (const text of recorded.split(" ")) {
          if (Number(text) > liveSince) latencies.push((at - Number(text)) / clock.speed());
        }
        latencies.splice(0, latencies.length - KEPT);
        showLatency();
      }, 0)
    );
  }

  function beginLive() {
    if (liveSince === null) performance.mark("ioc-live");
    liveSince = window.iocClock.now();
  }

  function onPulse(pulse) {
    lastAny = stamp();
    if (pulse.dataset.way === "push") {
      lastPush = lastAny;
      if (liveSince === null) requestAnimationFrame(() => setTimeout(beginLive, 0));
      else if (pulse.dataset.recorded && !document.hidden) measure(pulse.dataset.recorded);
    }
    judge();
  }

  /* Pushed; else by the fallback, once that has answered; else, after a while without anything, lost. */
  function judge() {
    const silent = since(lastPush) > PUSH_SILENCE;
    let found = "push";
    if (since(lastAny) > LOST_AFTER) found = "lost";
    else if (silent && lastAny !== lastPush) found = "fallback";
    const element = document.getElementById("transport");
    if (element && (found !== way || !element.textContent)) {
      way = found;
      root.dataset.transport = way;
      element.textContent = element.dataset[way] + (way === "lost" ? " " + window.iocClock.time(since(lastAny)) : "");
    }
    if (silent !== fallback && window.dash_clientside && window.dash_clientside.set_props) {
      fallback = silent;
      window.dash_clientside.set_props("fallback", { disabled: !silent });
    }
  }

  /* While the socket is silent: has the log-in ended? And a dead socket is given up after a while by Dash itself; a fresh page
     starts afresh, but only once the server answers. */
  async function recover() {
    if (!fallback) return;
    try {
      const answer = await fetch(root.dataset.clock, { cache: "no-store" });
      // Without a log-in the server leads there, and back here.
      if (answer.status === 401 || (answer.ok && since(lastPush) > RELOAD_AFTER)) location.reload();
    } catch (error) {
      /* still away */
    }
  }

  function glow(records) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const record of records) {
      const element = record.target.nodeType === 3 ? record.target.parentElement : record.target;
      const figure = element && element.closest(".figure");
      if (figure) figure.animate([{ color: "#7aa7ff" }, {}], { duration: 600 });
    }
  }

  function watch() {
    const pulse = document.getElementById("pulse");
    const page = document.getElementById("page");
    if (!pulse || !page) {
      setTimeout(watch, 50);
      return;
    }
    new MutationObserver(() => onPulse(pulse)).observe(pulse, { attributes: true, attributeFilter: ["data-frame"] });
    new MutationObserver(glow).observe(page, { subtree: true, characterData: true });
  }

  setInterval(() => {
    judge();
    showLatency();
  }, 1000);
  setInterval(recover, 5000);
  watch();
})();
