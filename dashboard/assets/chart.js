/* Chart: multiplies a figure's sizes by how much larger than 1080 lines the screen is, at first and when it changes. */
(function () {
  "use strict";
  function factor() {
    return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  }

  function scale(sizes, figure) {
    const scaled = structuredClone(figure);
    const by = factor();
    for (const path of Object.keys(sizes)) {
      if (path === "by") continue;
      const steps = path.split(".");
      const last = steps.pop();
      let target = scaled;
      for (const step of steps) target = target[step];
      target[last] = sizes[path] * by;
    }
    return scaled;
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.board = Object.assign(window.dash_clientside.board || {}, { scale });

  let waiting = null;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      for (const place of document.querySelectorAll(".graph")) {
        const name = JSON.parse(place.id).name;
        const sizes = JSON.parse(place.parentElement.dataset.sizes);
        window.dash_clientside.set_props({ name, type: "sizes" }, { data: { ...sizes, by: factor() } });
      }
    }, 200);
  });
})();
