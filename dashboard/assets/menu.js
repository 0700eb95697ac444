/* Menu: its words open what stands under them, on a phone a button shows all pages; and the way back leads where one came from. */
(function () {
  "use strict";
  const CAME_FROM = "ioc-from " + location.pathname; // another language of the page is no other place
  const before = document.referrer && new URL(document.referrer);
  if (before && before.origin === location.origin && before.pathname !== location.pathname && before.pathname !== "/login") sessionStorage.setItem(CAME_FROM, before.href);
  const opened = () => [...document.querySelectorAll(".ways [aria-expanded=true]")];

  /* Opens what a button of the menu stands for, and closes what is open beside it. */
  function toggle(button) {
    const isOpen = button !== null && button.getAttribute("aria-expanded") === "true";
    for (const other of opened()) if (other === button || !button || !other.parentElement.contains(button)) other.setAttribute("aria-expanded", "false");
    if (button && !isOpen) button.setAttribute("aria-expanded", "true");
  }

  document.addEventListener("click", (event) => {
    toggle(event.target.closest(".ways [aria-expanded]"));
    const from = sessionStorage.getItem(CAME_FROM);
    if (from && event.target.closest("a.back[data-back]")) {
      event.preventDefault();
      if (document.referrer === from) history.back();
      else location.assign(from);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const button of opened()) {
      button.setAttribute("aria-expanded", "false");
      if (button.parentElement.contains(document.activeElement)) button.focus();
    }
  });
})();
