/* Scheme: dark or light as the person chose, kept in a cookie; without a choice as their system prefers. */
(function () {
  "use strict";
  const YEAR = 31536000;
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: light)");

  function scheme() {
    return root.dataset.theme || (system.matches ? "light" : "dark");
  }

  function choose(chosen) {
    root.dataset.theme = chosen;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = "ioc_theme=" + chosen + "; Path=/; Max-Age=" + YEAR + "; SameSite=Lax" + secure;
    window.dash_clientside.set_props("scheme", { forceColorScheme: chosen });
    dispatchEvent(new Event("resize")); // charts are painted anew
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("#theme")) choose(scheme() === "dark" ? "light" : "dark");
  });
  system.addEventListener("change", () => dispatchEvent(new Event("resize")));
})();
