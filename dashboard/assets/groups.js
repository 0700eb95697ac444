/* Groups: the layer that is chosen, and the map, whose areas look as the cells of the numbered grid do. Shapes are scaled, letters and
   symbols are not: they keep the sizes of the page. The Tab key stops once at each of them; arrows, Home and End move within. */
(function () {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const SYMBOLS = {
    speakers: "M-7-2.5h3.5l5-4.5v14l-5-4.5h-3.5zM3.5-3.5q3 3.5 0 7l1.4 1q4-4.5 0-9z",
    cameras: "M-7-4.5h9v9h-9zM3-1l4.5-3.5v9l-4.5-3.5z",
    petitions: "M-7-5h14v1.5l-7 4.5-7-4.5zM-7-1.5l7 4.5 7-4.5v6.5h-14z",
  }; // each 16 wide and high, around 0
  const KINDS = { speaker: "speakers", camera: "cameras" };

  function add(parent, name, attributes, text) {
    const made = parent.appendChild(document.createElementNS(SVG, name));
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function symbol(parent, layer) {
    const made = add(parent, "g", { class: "symbol symbol-" + layer });
    add(made, "path", { d: SYMBOLS[layer] });
    add(made, "path", { class: "flag", d: "M7-10l4.5 8h-9z" });
  }

  /* The symbols that an area shows in the chosen layer stand side by side, in its middle. */
  function arrange(area) {
    const seen = [...area.querySelectorAll(".symbol")].filter((one) => getComputedStyle(one).display !== "none");
    seen.forEach((one, place) => one.setAttribute("transform", `translate(${20 * (place - (seen.length - 1) / 2)} 11)`));
  }

  /* An area looks as its cell, and says the same. */
  function wear(cell) {
    const area = document.getElementById(cell.id.replace("group", "area"));
    if (!area) return;
    area.setAttribute("class", cell.className.replace("cell", "area"));
    area.querySelector("title").textContent = cell.title;
    area.setAttribute("aria-label", cell.title);
    arrange(area);
  }

  function mirror(map, grid) {
    const all = () => {
      map.dataset.layer = grid.dataset.layer;
      for (const cell of grid.querySelectorAll(".cell")) wear(cell);
    };
    all();
    new MutationObserver((changes) => {
      if (changes.some(({ target }) => target === grid)) return all();
      for (const { target } of changes) if (target.matches(".cell")) wear(target);
    }).observe(grid, { subtree: true, attributeFilter: ["class", "title", "data-layer"] });
  }

  function mark(map) {
    const lost = new Set((map.dataset.lost || "").split(" "));
    for (const place of map.querySelectorAll(".device")) place.classList.toggle("is-lost", lost.has(place.dataset.name));
  }

  function fit(map, width, height) {
    const letter = parseFloat(getComputedStyle(map).fontSize) / 16;
    const scale = Math.min(map.clientWidth / width, map.clientHeight / height);
    const svg = map.firstChild;
    svg.setAttribute("width", width * scale);
    svg.setAttribute("height", height * scale);
    svg.querySelector("pattern").setAttribute("patternTransform", `rotate(45) scale(${(0.6 * letter) / scale})`); // as wide as letters ask for
    for (const shape of svg.querySelectorAll(".ground")) shape.setAttribute("transform", `scale(${scale})`);
    for (const place of svg.querySelectorAll("[data-at]")) {
      const [x, y] = place.dataset.at.split(" ");
      place.setAttribute("transform", `translate(${x * scale} ${y * scale})`);
    }
    for (const one of svg.querySelectorAll(".symbols")) one.setAttribute("transform", `scale(${letter})`);
  }

  function draw({ width, height, shapes, devices }) {
    const map = document.getElementById("map");
    const grid = document.getElementById("groups");
    if (!map || map.firstChild) return true;
    const svg = add(map, "svg", {});
    const hatch = add(add(svg, "defs", {}), "pattern", { id: "hatch", width: 8, height: 8, patternUnits: "userSpaceOnUse" });
    add(hatch, "rect", { width: 3.5, height: 8 });
    for (const [number, path, x, y] of shapes) {
      const area = add(svg, "a", { href: "/group/" + number, id: "area-" + number, class: "area" });
      add(area, "title", {});
      add(area, "path", { class: "ground", d: path });
      const label = add(area, "g", { "data-at": x + " " + y });
      add(label, "text", { dy: "-0.1em" }, number);
      const signs = add(label, "g", { class: "symbols" });
      add(signs, "path", { class: "mark-warning", d: "M-17-14l6 11h-12z" });
      add(signs, "path", { class: "mark-critical", d: "M-22-13h10v10h-10z" });
      const symbols = add(label, "g", { class: "symbols" });
      Object.keys(SYMBOLS).forEach((layer) => symbol(symbols, layer));
    }
    for (const [name, kind, x, y, number] of devices) {
      const place = add(svg, "a", { href: "/device/" + name, class: "device", "data-at": x + " " + y, "data-name": name });
      add(place, "title", {}, name);
      symbol(add(place, "g", { class: "symbols" }), KINDS[kind]);
      const middle = svg.querySelector(`#area-${number} .symbol-${KINDS[kind]}`);
      if (middle) middle.classList.add("is-placed");
    }
    for (const kind of [".area", ".device"]) if (svg.querySelector(kind)) stopAt(svg.querySelector(kind));
    if (grid) mirror(map, grid);
    new MutationObserver(() => mark(map)).observe(map, { attributeFilter: ["data-lost"] });
    new ResizeObserver(() => fit(map, width, height)).observe(map);
    mark(map);
    return true;
  }

  const SETS = [".cells .cell", "#map .area", "#map .device"]; // each is one stop of the Tab key
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function whole(one) {
    const set = SETS.find((selector) => one.matches(selector));
    return set ? [...document.querySelectorAll(set)] : [];
  }

  function stopAt(one) {
    for (const other of whole(one)) other.setAttribute("tabindex", other === one ? "0" : "-1");
  }

  /* How far one lies from another in the direction of an arrow, what lies aside counting double; without end where it lies elsewhere. */
  function away(from, one, [x, y]) {
    const [a, b] = [from, one].map((part) => part.getBoundingClientRect());
    const across = (b.left + b.right - a.left - a.right) / 2;
    const down = (b.top + b.bottom - a.top - a.bottom) / 2;
    const along = across * x + down * y;
    const aside = Math.abs(across * y) + Math.abs(down * x);
    return one !== from && along > aside / 2 ? along + 2 * aside : Infinity;
  }

  /* Where a key leads to; a row's ends by Home and End, with Ctrl those of all. */
  function target(from, all, event) {
    if (ARROWS[event.key]) {
      const far = all.map((one) => away(from, one, ARROWS[event.key]));
      return all[far.indexOf(Math.min(...far.filter(Number.isFinite)))];
    }
    const middle = (one) => one.getBoundingClientRect().top + one.getBoundingClientRect().height / 2;
    const row = event.ctrlKey ? all : all.filter((one) => Math.abs(middle(one) - middle(from)) < from.getBoundingClientRect().height / 2);
    return { Home: row[0], End: row[row.length - 1] }[event.key];
  }

  document.addEventListener("keydown", (event) => {
    const from = event.target.closest?.("a");
    const to = from && target(from, whole(from), event);
    if (!to) return;
    event.preventDefault();
    to.focus();
  });
  document.addEventListener("focusin", (event) => stopAt(event.target));

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.groups = { choose: (layer) => layer, draw };
})();
