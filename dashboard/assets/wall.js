/* Wall: turns the pages of a screen, shows and sounds what calls, and starts the page afresh for a new version. Nobody touches
   it: there is nothing to press, and everything it waits for it looks at once a second, so that a PC that slept just goes on. */
(function () {
  "use strict";
  const ALARM_STAYS = 30000; // ms that the page of a new alarm stands at least, and its banner is large
  const AFRESH_AFTER = 6 * 3600000; // ms after which a quiet moment is used to start the page afresh
  const AFRESH_AT_LATEST = 7 * 3600000; // ms after which an alarm is no reason to wait any longer
  const SPREAD = 10000; // ms over which many screens spread the start of a new version
  const RETRY = 15000; // ms between two tries to start afresh
  const SEEN = "ioc-alarm-seen";
  const SOUND = "ioc-alarm-sound"; // when the next sound is due, so that a fresh page does not begin with one
  const root = document.documentElement;
  const opened = Date.now();
  let stops = null;
  let at = 0;
  let view = 1; // which line of the page is shown; 0: none, until it is left
  let going = ""; // the page asked for last
  let held = ""; // the page on which somebody has to act
  let turnAt = 0;
  let largeUntil = 0;
  let soundAt = Number(localStorage.getItem(SOUND));
  let afreshAt = 0;
  let starting = false;
  let isBlocked = false;

  const find = (id) => document.getElementById(id);
  const isConnected = () => root.dataset.transport === "push" || root.dataset.transport === "fallback";

  function turn(path, stays) {
    turnAt = Date.now() + stays;
    if (path === going) arrive(); // it is there already
    going = path;
    window.dash_clientside.set_props("wall-path", { data: path });
  }

  /* The lines of the page from a place on that have something to say; of a screen's own pages, all of which something is connected. */
  function views(from) {
    const lines = [...document.querySelectorAll(".domain .line")];
    const all = find("wall-tour").dataset.skips !== "true";
    const silent = (card) => card.classList.contains("is-absent") || (!all && card.classList.contains("says-nothing"));
    const says = (line) => !line.children.length || ![...line.children].every(silent);
    return (lines.length ? lines.map((line, place) => (says(line) ? place + 1 : 0)) : [1]).filter((place) => place && place >= from);
  }

  function show(place) {
    view = place;
    root.dataset.view = String(place);
  }

  /* A page has come: its first line that has something to say; a page without any is left at once, unless it is held. */
  function arrive() {
    const [first] = views(1);
    show(first || (held ? 1 : 0));
    if (!view) turnAt = 0;
  }

  /* Whether a page has no news now; the overview, which comes first, always has. */
  function isAbsent(path) {
    const isTour = find("wall-tour").dataset.skips === "true";
    return isTour && path !== stops[0][0] && JSON.parse(find("wall-absent").dataset.paths || "[]").includes(path);
  }

  /* Where the tour goes: while somebody has to act, to the page of that alarm; else to the next line, then to the next page. */
  function next() {
    const [line] = views(view + 1);
    if (line) {
      show(line);
      turnAt = Date.now() + stops[at][1] * 1000;
    } else if (held) {
      turn(held, stops[at][1] * 1000);
    } else {
      do at = (at + 1) % stops.length;
      while (isAbsent(stops[at][0]));
      turn(stops[at][0], stops[at][1] * 1000);
    }
  }

  function soundNext(at) {
    soundAt = at;
    localStorage.setItem(SOUND, at);
  }

  function put(banner, text, hidden) {
    banner.hidden = hidden;
    const words = banner.querySelector("strong");
    if (words.textContent !== text) words.textContent = text;
  }

  /* What calls: the banner of a critical alarm stays until somebody acknowledges it, first large, then in the head's corner, and
     every alarm sounds again and again. A new one is news once, also over a new start of the page. */
  function alarm(now) {
    const { severity, count, newest, text, page, quiet } = find("alarm-signal").dataset;
    const calls = Number(count) > 0;
    const isCritical = calls && severity === "critical";
    const tour = find("wall-tour").dataset;
    held = isCritical && JSON.parse(tour.pages).includes(page) ? page : "";
    if (calls && newest && newest !== localStorage.getItem(SEEN)) {
      localStorage.setItem(SEEN, newest);
      soundNext(now);
      if (isCritical) {
        largeUntil = now + ALARM_STAYS;
        if (held) turn(held, ALARM_STAYS);
      }
    }
    const every = calls ? JSON.parse(tour.repeat)[severity] * 1000 : 0;
    const isDue = now >= soundAt || soundAt > now + every; // later than that: the PC's clock was set back
    if (calls && quiet !== "true" && isConnected() && isDue) {
      soundNext(now + every);
      chime(severity);
    }
    put(find("wall-alarm"), text || "", !isCritical);
    find("wall-alarm").classList.toggle("is-known", now >= largeUntil);
    const mark = find("wall-count");
    if (mark) {
      mark.className = isCritical ? "is-critical" : "";
      mark.textContent = isCritical ? mark.dataset.text.replace("{count}", count) : "";
    }
    return calls;
  }

  const TONES = { critical: [[0, 880], [0.28, 660], [0.8, 880], [1.08, 660]], warning: [[0, 660]] };

  /* Two falling tones, twice; one for a warning. A browser that was not told to allow it keeps silent; then a small sign says so. */
  async function chime(severity) {
    const sound = new AudioContext();
    await settled(sound);
    if (sound.state === "running") {
      for (const [start, pitch] of TONES[severity]) {
        const tone = new OscillatorNode(sound, { frequency: pitch });
        const loudness = new GainNode(sound, { gain: 0 });
        const from = sound.currentTime + start;
        loudness.gain.setTargetAtTime(0.35, from, 0.01);
        loudness.gain.setTargetAtTime(0, from + 0.18, 0.05);
        tone.connect(loudness).connect(sound.destination);
        tone.start(from);
        tone.stop(from + 0.6);
      }
      await new Promise((done) => setTimeout(done, 2500));
      root.dataset.chimed = String(Number(root.dataset.chimed || 0) + 1);
      root.dataset.chime = severity;
    }
    await sound.close();
  }

  function settled(sound) {
    return Promise.race([sound.resume().catch(() => {}), new Promise((done) => setTimeout(done, 500))]);
  }

  async function askForSound() {
    const sound = new AudioContext();
    await settled(sound);
    isBlocked = sound.state !== "running";
    showBlocked();
    await sound.close();
  }

  function showBlocked() {
    const blocked = find("wall-blocked");
    if (blocked) blocked.hidden = !isBlocked;
  }

  /* Never into a dead server: the page goes only once the next one is sure to come. */
  async function startAfresh() {
    if (starting) return;
    starting = true;
    try {
      const answer = await fetch(root.dataset.clock, { cache: "no-store" });
      if (answer.ok) location.reload();
    } catch (error) {
      /* away; later */
    }
    setTimeout(() => (starting = false), RETRY);
  }

  function tick() {
    const now = Date.now();
    if (!stops) {
      if (!find("wall-tour") || !window.dash_clientside || !window.dash_clientside.set_props) return;
      stops = JSON.parse(find("wall-tour").dataset.stops);
      going = stops[0][0];
      turnAt = now + stops[0][1] * 1000;
      new MutationObserver(arrive).observe(find("page"), { childList: true });
      arrive();
      find("page").inert = true; // links are for the desk
      askForSound();
    }
    showBlocked();
    const isLost = root.dataset.transport === "lost";
    put(find("wall-lost"), isLost ? find("transport").textContent.toUpperCase() : "", !isLost);
    const calls = alarm(now);
    if (!isConnected()) return;
    const version = find("pulse").dataset.version;
    if (version && version !== root.dataset.version) {
      afreshAt = afreshAt || now + Math.random() * SPREAD;
      if (now >= afreshAt) startAfresh();
    } else if (now >= turnAt) {
      if (now - opened > (calls ? AFRESH_AT_LATEST : AFRESH_AFTER)) startAfresh();
      else next();
    }
  }

  // Where sound needs a gesture, any key or click on the screen is one.
  for (const gesture of ["keydown", "pointerdown"]) document.addEventListener(gesture, askForSound);
  setInterval(tick, 1000);
})();
