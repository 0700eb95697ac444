/* Print: says on the paper what it is, of which ward and when, and makes charts and grids fit it. */
(function () {
  "use strict";
  const WORDS = {
    vi: { at: "Số liệu lúc", newest: "sự kiện mới nhất", sheet: "Trang", pretend: "DỮ LIỆU GIẢ LẬP" },
    en: { at: "Figures of", newest: "newest event", sheet: "Page", pretend: "PRETEND DATA" },
  };
  const ZONE = "Asia/Ho_Chi_Minh";

  function moment(ms) {
    const parts = { timeZone: ZONE, hour: "2-digit", minute: "2-digit", second: "2-digit", day: "2-digit", month: "2-digit", year: "numeric" };
    return new Date(ms).toLocaleString("en-GB", parts).replace(/(.*), (.*)/, "$2 $1");
  }

  function grids(layout) {
    for (const grid of document.querySelectorAll(".ag-root-wrapper")) {
      const api = window.dash_ag_grid.getApi(grid.closest("[id]").id);
      if (api) api.setGridOption("domLayout", layout);
    }
  }

  addEventListener("beforeprint", () => {
    const head = document.getElementById("print-head");
    if (!head) return;
    const words = WORDS[document.documentElement.lang === "en" ? "en" : "vi"];
    const past = document.getElementById("past");
    const now = past ? Number(past.dataset.at) : window.iocClock.now(); // unknown while the page still comes
    const newest = Math.max(0, ...[...document.querySelectorAll("[data-newest]")].map((one) => Number(one.dataset.newest) || 0));
    const title = document.querySelector(".ways-all .here") || document.querySelector(".desk-head h1, .place h1, #page h1");
    const name = title ? title.textContent : document.title;
    const at = now ? words.at + " " + moment(now) : "";
    const age = newest ? words.newest + " " + moment(newest) : "";
    const isPretend = document.querySelector("[data-pretend=true]") !== null;
    const parts = [["h1", name], ["p", head.dataset.ward], ["p", at], ["p", [age, isPretend ? words.pretend : ""].filter(Boolean).join(" · ")]];
    const made = parts.map(([tag, text]) => Object.assign(document.createElement(tag), { textContent: text }));
    const [left, right] = [document.createElement("div"), document.createElement("div")];
    left.append(made[0], made[1]);
    right.append(made[2], made[3]);
    head.replaceChildren(left, right);
    const quoted = (text) => JSON.stringify(text.replace(/[\\"\n]/g, " "));
    const above = quoted([head.dataset.ward, name, at].filter(Boolean).join(" · "));
    const style = document.getElementById("print-page") || document.head.appendChild(Object.assign(document.createElement("style"), { id: "print-page" }));
    const letters = "font: 8pt sans-serif; color: #445264;";
    style.textContent = `@page { @top-left { content: ${above}; ${letters} } @bottom-right { content: ${quoted(words.sheet)} " " counter(page) "/" counter(pages); ${letters} } } @page :first { @top-left { content: none } }`;
    for (const svg of document.querySelectorAll(".graph .main-svg")) {
      const [width, height] = [svg.getAttribute("width"), svg.getAttribute("height")];
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      svg.closest(".graph-place, .desk-chart").style.setProperty("--ratio", width / height);
    }
    grids("print");
  });
  addEventListener("afterprint", () => {
    for (const svg of document.querySelectorAll(".graph .main-svg")) svg.removeAttribute("viewBox");
    grids("normal");
  });
})();
