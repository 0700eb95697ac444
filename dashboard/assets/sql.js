/* SQL: Ctrl + Enter runs the query as it stands in the editor at that moment. */
addEventListener("keydown", (event) => {
  const run = document.getElementById("sql-run");
  if (run && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    if (event.target.tagName === "TEXTAREA") {
      window.dash_clientside.set_props("sql-text", { value: event.target.value });
    }
    run.click();
  }
});
