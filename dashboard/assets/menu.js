/* Menu: on a phone a button shows all pages; and the way back leads where one came from. */
(function () {
  "use strict";
  document.addEventListener("click", (event) => {
    const menu = document.getElementById("menu");
    const isMenu = event.target.closest("#menu");
    if (menu) menu.setAttribute("aria-expanded", String(isMenu !== null && menu.getAttribute("aria-expanded") !== "true"));
    const back = event.target.closest("a.back[data-back]");
    if (back && document.referrer.startsWith(location.origin + "/") && !document.referrer.includes("/login") && history.length > 1) {
      event.preventDefault();
      history.back();
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = document.getElementById("menu");
    if (event.key === "Escape" && menu) menu.setAttribute("aria-expanded", "false");
  });
})();
