/* Choosing a file: the library's input has no name for those who do not see it; it takes the words that stand in its place. */
(function () {
  "use strict";

  const name = () => {
    for (const input of document.querySelectorAll('input[type="file"]:not([aria-label])')) {
      input.setAttribute("aria-label", input.parentElement.textContent.trim());
    }
  };

  new MutationObserver(name).observe(document, { subtree: true, childList: true });
})();
