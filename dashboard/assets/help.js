/* Help: the button and the key `?` open what the guide says of the page. The browser's own dialog keeps the focus inside, closes with
   Esc, and gives the focus back. */
(function () {
  "use strict";
  const TYPING = "input, textarea, select, [contenteditable=true], [role=textbox], .ag-cell-inline-editing";
  const dialog = () => document.getElementById("help-dialog");

  document.addEventListener("click", (event) => {
    if (event.target.closest("#help")) dialog().showModal();
    // A press beside the text is one on the dialog itself, which lies over the whole page.
    else if (event.target.closest("#help-close") || event.target === dialog()) dialog().close();
  });
  document.addEventListener("keydown", (event) => {
    const button = document.getElementById("help");
    if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey || !button || event.target.closest(TYPING)) return;
    event.preventDefault();
    button.click();
  });
})();
