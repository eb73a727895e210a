// The theme of this device: same as the system, light or dark. theme.js puts it on <html> before the first paint.

const root = document.documentElement;

/** Shows which theme is chosen. */
function mark() {
  const now = root.dataset.theme ?? "auto";
  document.querySelectorAll("[data-theme-set]").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.getAttribute("data-theme-set") === now));
  });
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-theme-set]") : null;
  const theme = button?.getAttribute("data-theme-set");
  if (!theme) return;
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    localStorage.setItem("kp-theme", theme);
  } catch {
    // Storage is closed to us: the choice lasts as long as the page.
  }
  mark();
});

mark();
