// Which view is shown: the part of the address behind `#` says it, so that each has a link.

const app = /** @type {HTMLElement} */ (document.getElementById("app"));
const main = h("main", { id: "main", class: "wrap stack", tabindex: "-1" });
const title = h("h1", { class: "grow", tabindex: "-1" });
const nav = h("nav", { class: "nav", "aria-label": "Views" });

const VIEWS = [
  { path: "", name: "Overview" },
  { path: "scenarios", name: `Scenarios (${scenarios.length.toLocaleString("en")})` },
  { path: "runs", name: `Runs (${runs.length.toLocaleString("en")})` },
];

/** @returns {{tab: string, title: string, parts: Child[]}} */
function current() {
  const [, kind = "", ...rest] = location.hash.slice(1).split("/");
  const again = () => draw({ isNew: false });
  if (kind === "scenarios") return { tab: kind, title: "Scenarios", parts: scenariosView(again) };
  if (kind === "runs") return { tab: kind, title: "Runs", parts: runsView() };
  if (kind === "run" && runs[Number(rest[0])]) return { tab: "runs", title: `Run ${runs[Number(rest[0])].run}`, parts: runView(Number(rest[0])) };
  if (kind === "scenario") {
    const id = decoded(rest.join("/"));
    const one = scenarios.find((scenario) => scenario.id === id);
    if (one) return { tab: "scenarios", title: one.id, parts: scenarioView(one, again) };
    return { tab: "scenarios", title: "Not here", parts: [h("p", { class: "empty" }, `No scenario '${id}' is in these runs.`)] };
  }
  return { tab: "", title: "Overview", parts: overview(again) };
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether the view that comes is to begin in its search. */
let wantsSearch = false;

/** @returns {HTMLElement | null} */
const searchField = () => main.querySelector("input[type=search]");

function search() {
  const field = searchField();
  if (field) {
    field.focus();
  } else {
    wantsSearch = true;
    location.hash = "#/scenarios";
  }
}

/** @param {{isNew: boolean}} options whether somebody came from another view */
function draw({ isNew }) {
  const view = current();
  const y = scrollY;
  title.textContent = view.title;
  document.title = view.tab || location.hash.length > 2 ? `${view.title} · ${head.title}` : head.title;
  nav.replaceChildren(...VIEWS.map(({ path, name }) =>
    h("a", { class: "tab", href: `#/${path}`, "aria-current": path === view.tab ? "page" : null }, name)));
  main.replaceChildren(...view.parts.flat().filter((part) => part instanceof Node));
  if (isNew) {
    (wantsSearch && searchField() || title).focus({ preventScroll: true });
    wantsSearch = false;
    scrollTo({ top: 0, behavior: "instant" });
  } else {
    scrollTo({ top: y, behavior: "instant" });
  }
}

const go = (/** @type {string} */ path) => () => { location.hash = `#/${path}`; };
const span = runs.length > 1 ? `${minute(runs[0].begin)} to ${minute(runs[runs.length - 1].begin)}` : minute(runs[0].begin);
app.append(
  h("header", { class: "masthead" }, h("div", { class: "wrap" },
    h("div", { class: "cluster" },
      h("p", { class: "brand grow" }, "agentrig · history"),
      shortcutsButton([
        { keys: ["o"], does: "go to the overview", run: go("") },
        { keys: ["s"], does: "go to all scenarios", run: go("scenarios") },
        { keys: ["r"], does: "go to all runs", run: go("runs") },
        { keys: ["/"], does: "search scenarios", run: (event) => { event.preventDefault(); search(); } },
      ]), themeButton()),
    title,
    h("p", { class: "muted small" }, [plural(runs.length, "run"), plural(scenarios.length, "scenario"), span, head.filter].filter(Boolean).join(" · ")),
    nav)),
  main);
for (const [name, values] of Object.entries(head.mixed)) {
  nav.before(h("p", { class: "notice small" },
    `These runs are of several kinds: ${name} is ${values.map((/** @type {string} */ value) => value || "none").join(", ")}. Make pages of one with --label ${name}=…`));
}
draw({ isNew: false });
addEventListener("hashchange", () => draw({ isNew: true }));
document.body.dataset.ready = "true";
