/* SQL: Ctrl + Enter runs the query. */
addEventListener("keydown", (event) => {
  const run = document.getElementById("sql-run");
  if (run && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run.click();
  }
});
