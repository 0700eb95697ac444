/* Chart: brings Plotly once the figures are live, multiplies a figure's sizes by how much larger than 1080 lines the screen is, and
   paints it in the scheme's colours; at first, and when screen or scheme change. */
(function () {
  "use strict";
  const LIVE_WITHIN = 3000; // ms after which charts wait no longer for the figures
  const bundle = new URL("plotly/plotly-basic.min.js?m=" + document.documentElement.dataset.version, document.currentScript.src);

  function live() {
    return new Promise((resolve) => {
      const marks = new PerformanceObserver((list) => list.getEntriesByName("ioc-live").length && resolve());
      marks.observe({ type: "mark", buffered: true });
      setTimeout(resolve, LIVE_WITHIN);
    });
  }

  function load() {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      Object.assign(script, { src: bundle, onload: resolve, onerror: reject });
      document.body.appendChild(script);
    });
  }

  /* Dash fetches the whole of Plotly before the figures are live, unless this is there; it waits for what has a `then`, and
     the bundle takes its place. */
  window.Plotly = { then: (done, failed) => live().then(load).then(done, failed) };

  function factor() {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.fontSize = "calc(1rem * var(--chart))"; // computed here, which a custom property is not
    const size = parseFloat(getComputedStyle(probe).fontSize);
    probe.remove();
    return size / 16;
  }

  /* What a colour token is at this moment. */
  function painter() {
    const probe = document.body.appendChild(document.createElement("i"));
    return {
      paint(token) {
        probe.style.color = token;
        return getComputedStyle(probe).color;
      },
      done: () => probe.remove(),
    };
  }

  const worn = {}; // what each chart was dressed by last, by its name

  /* Puts sizes and colours into a figure: the one that `by` brings, else the one that is there. */
  function dress(by, figure) {
    worn[window.dash_clientside.callback_context.states_list[0].id.name] = by;
    const dressed = structuredClone(by.figure || figure);
    const larger = factor();
    const colours = painter();
    for (const [path, value] of Object.entries(by.places)) {
      const steps = path.split(".");
      const last = steps.pop();
      let target = dressed;
      for (const step of steps) target = target[step];
      target[last] = typeof value === "number" ? value * larger : colours.paint(value);
    }
    colours.done();
    return dressed;
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.board = Object.assign(window.dash_clientside.board || {}, { dress });

  let waiting = null;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      for (const place of document.querySelectorAll(".graph")) {
        const { name } = JSON.parse(place.id);
        if (worn[name]) window.dash_clientside.set_props({ name, type: "dress" }, { data: { ...worn[name] } });
      }
    }, 200);
  });
})();
