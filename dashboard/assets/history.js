/* History: the browser's way back leads through the choices of a measure's history, which stand in the address. */
(function () {
  "use strict";
  addEventListener("popstate", () => {
    if (location.pathname.startsWith("/history/")) location.reload();
  });
})();
