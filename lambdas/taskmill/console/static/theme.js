// Loaded before the styles, so that no page flashes in the wrong theme. Not a module: those wait.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let chosen = "system";
    try {
      chosen = localStorage.getItem("taskmill.theme") || "system";
    } catch {
      // No storage: the system's theme.
    }
    const shown = chosen === "light" || chosen === "dark" ? chosen : dark.matches ? "dark" : "light";
    document.documentElement.dataset.theme = shown;
  };
  apply();
  dark.addEventListener("change", apply);
  addEventListener("taskmill:theme", apply);
  addEventListener("storage", apply);
})();
