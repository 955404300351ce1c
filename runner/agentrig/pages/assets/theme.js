// Light or dark: as the system has it, until the reader says otherwise.

const THEME_KEY = "agentrig-theme";

/** @param {string | null} theme */
function applyTheme(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}

// A browser may keep storage from files, and from pages without cookies.
try {
  applyTheme(localStorage.getItem(THEME_KEY));
} catch {
  applyTheme(null);
}

function isDark() {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function toggleTheme() {
  const theme = isDark() ? "light" : "dark";
  applyTheme(theme);
  try {
    localStorage.setItem(THEME_KEY, theme);
  } catch {
    // It holds for this view then.
  }
  document.dispatchEvent(new Event("themechange"));
  announce(`${theme} theme`);
}

function themeButton() {
  const button = h("button", { type: "button", class: "button is-quiet no-print", onclick: toggleTheme });
  const name = () => {
    const other = isDark() ? "light" : "dark";
    button.replaceChildren(h("span", { "aria-hidden": "true" }, isDark() ? "☀" : "☾"), h("span", { class: "visually-hidden" }, `Use the ${other} theme`));
    button.dataset.tip = `Use the ${other} theme`;
  };
  name();
  document.addEventListener("themechange", name);
  return button;
}
