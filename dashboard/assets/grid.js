/* Grid: brings AG Grid, which is larger than all other libraries together, with the first rows that it is to show; until then it says
   that there are none, or nothing where nobody has asked yet. */
(function () {
  "use strict";
  let library = null;

  function load() {
    const script = document.createElement("script");
    const loaded = new Promise((resolve, reject) => Object.assign(script, { onload: resolve, onerror: reject }));
    script.src = document.documentElement.dataset.grid;
    document.body.appendChild(script);
    return loaded.then(() => {
      const { AgGrid } = window.dash_ag_grid;
      window.dash_ag_grid = { ...window.dash_ag_grid, AgGrid: Grid }; // for Dash the same as before, or it makes every grid anew
      return { default: AgGrid };
    });
  }

  function Grid(props) {
    const { Suspense, createElement, lazy } = window.React;
    if (!library && !props.rowData?.length) {
      const { localeText, suppressNoRowsOverlay } = props.dashGridOptions || {};
      return createElement("div", { id: props.id, className: props.className }, suppressNoRowsOverlay ? null : localeText?.noRowsToShow || "No rows");
    }
    library = library || lazy(load);
    return createElement(Suspense, { fallback: null }, createElement(library, props));
  }

  window.dash_ag_grid = { AgGrid: Grid };
})();
