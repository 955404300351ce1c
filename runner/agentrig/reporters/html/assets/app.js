// The page: what the address says is shown, and what is done changes the address.

const WIDE = matchMedia("(min-width: 60rem)");

const { run, scenarios } = readRun(await readData());
let state = emptyState();
/** @type {Scenario[]} */
let shown = [];

/**
 * @param {Partial<State>} change
 * @param {{step?: boolean}} [options] `step`: the browser's back comes here again
 */
function go(change, { step = false } = {}) {
  const address = addressOf({ ...state, ...change });
  if (step) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  render();
}

const search = h("input", { type: "search", class: "field", id: "search", placeholder: "Search names, messages, tags, addresses", "aria-label": "Search", autocomplete: "off", spellcheck: "false" });
let typing = 0;
search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => go({ q: search.value, id: "" }), 80);
});

/**
 * @param {"tag" | "agent" | "file" | "sort"} name
 * @param {string} label
 * @param {[string, string][]} options value and text
 */
function choice(name, label, options) {
  const select = h("select", { class: "field", onchange: () => go(name === "sort" ? { sort: select.value } : { [name]: select.value, id: "" }) },
    options.map(([value, text]) => h("option", { value }, text)));
  return { name, element: h("label", { class: "labelled" }, label, select), select };
}

/** @param {(string | null)[]} values */
const distinct = (values) => /** @type {string[]} */ ([...new Set(values)].filter(Boolean)).sort();
/** @param {string[]} values @returns {[string, string][]} */
const anyOf = (values) => [["", "All"], ...values.map((value) => /** @type {[string, string]} */ ([value, value]))];
const tags = distinct(scenarios.flatMap((one) => one.tags));
const agents = distinct(scenarios.map((one) => one.agent));
const files = distinct(scenarios.map((one) => one.path));
const choices = [
  tags.length > 0 && choice("tag", "Tag", anyOf(tags)),
  agents.length > 0 && choice("agent", "Agent", anyOf(agents)),
  files.length > 1 && choice("file", "File", anyOf(files)),
  choice("sort", "Order", Object.entries(ORDERS).map(([value, { name }]) => [value, name])),
].filter((one) => one !== false);

const more = h("details", { class: "more-filters" }, h("summary", { class: "button is-small" }, "Filter and order"),
  h("div", { class: "choices" }, choices.map(({ element }) => element)));

const outcomes = [...WORST_FIRST.filter((outcome) => scenarios.some((one) => one.outcome === outcome)), ...(scenarios.some((one) => one.flaky) ? ["flaky"] : [])];
const toggles = outcomes.map((outcome) => {
  const count = h("span", { class: "count" });
  const button = h("button", {
    type: "button", class: "button is-small toggle",
    onclick: () => go(outcome === "flaky" ? { flaky: !state.flaky, id: "" }
      : { outcome: state.outcome.includes(outcome) ? state.outcome.filter((one) => one !== outcome) : [...state.outcome, outcome], id: "" }),
  }, outcomeMark(outcome), wordOf(outcome), " ", count);
  return { outcome, button, count };
});
const clear = h("button", { type: "button", class: "button is-small is-quiet", onclick: () => go({ ...emptyState(), view: state.view }) }, "Clear filters");
const result = h("p", { class: "muted small result", role: "status", "aria-live": "polite" });

const tabs = Object.entries(VIEWS).map(([view, { name }]) => {
  const count = h("span", { class: "count" });
  const tab = h("button", { type: "button", role: "tab", class: "tab", id: `tab-${view}`, "aria-controls": "panel", onclick: () => go({ view, id: "" }, { step: true }) }, name, " ", count);
  return { view, tab, count };
});
const tablist = h("div", { class: "tabs", role: "tablist", "aria-label": "Views" }, tabs.map(({ tab }) => tab));
roving(tablist, "[role=tab]", (tab) => tab.click());

const list = scenarioList(scenarios, (scenario) => addressOf({ ...state, view: "scenarios", id: scenario.id }));
const detailBox = h("div", { class: "detail-box" });
const split = h("div", { class: "split" }, list.element, detailBox);
const panel = h("div", { class: "panel stack", id: "panel", role: "tabpanel", tabindex: "-1" });

/** @param {number} by @param {(scenario: Scenario) => boolean} [wanted] */
function walk(by, wanted = () => true) {
  if (state.view !== "scenarios") return;
  const at = shown.findIndex((one) => one.id === currentId());
  for (let to = at < 0 ? 0 : at + by; to >= 0 && to < shown.length; to += by) {
    if (!wanted(shown[to])) continue;
    go({ id: shown[to].id });
    list.select(shown[to].id, true);
    return;
  }
  announce("no more scenarios");
}
const isBad = (/** @type {Scenario} */ one) => ["failed", "error", "interrupted"].includes(one.outcome);
const help = shortcutsButton([
  { keys: ["/"], does: "search", run: (event) => { event.preventDefault(); search.focus(); } },
  { keys: ["j"], does: "next scenario", run: () => walk(1) },
  { keys: ["k"], does: "previous scenario", run: () => walk(-1) },
  { keys: ["n"], does: "next that failed", run: () => walk(1, isBad) },
  { keys: ["p"], does: "previous that failed", run: () => walk(-1, isBad) },
  ...tabs.map(({ view, tab }, index) => ({ keys: [String(index + 1)], does: `view: ${VIEWS[view].name.toLowerCase()}`, run: () => { go({ view, id: "" }, { step: true }); tab.focus(); } })),
  { keys: ["e"], does: "open or close all steps", run: toggleSteps },
  { keys: ["t"], does: "light or dark theme", run: toggleTheme },
  { keys: ["Escape"], does: "leave the search, or the scenario", run: leave },
]);

function toggleSteps() {
  const all = /** @type {HTMLDetailsElement[]} */ ([...detailBox.querySelectorAll("details.step")]);
  const open = all.some((one) => !one.open);
  for (const one of all) one.open = open;
}

/** @param {KeyboardEvent} event */
function leave(event) {
  if (event.target === search && search.value) go({ q: "", id: "" });
  else if (event.target === search) search.blur();
  else if (state.id) go({ id: "" });
}

function currentId() {
  return state.id || (WIDE.matches ? shown[0]?.id ?? "" : "");
}

let shownKey = "";
/** @type {string | null} */
let shownDetail = null;

function render() {
  const before = state;
  state = stateOfAddress();
  const { view, id } = state;
  const counted = filtered(scenarios, state, { anyOutcome: true });
  const key = JSON.stringify({ ...state, id: "" });
  if (key !== shownKey) {
    shown = filtered(scenarios, state).sort(ORDERS[state.sort].order);
    renderFilters(counted);
    list.show(shown);
    if (view !== "scenarios") panel.replaceChildren(...VIEWS[view].make(shown, run, state));
    else panel.replaceChildren(split);
    shownKey = key;
    shownDetail = null;
  }
  if (view === "scenarios") renderDetail(id, before.id !== id);
}

/** @param {Scenario[]} counted those that are left but for the filter by outcome */
function renderFilters(counted) {
  if (document.activeElement !== search || !state.q) search.value = state.q;
  for (const { name, select } of choices) select.value = state[name];
  for (const { outcome, button, count } of toggles) {
    const on = outcome === "flaky" ? state.flaky : state.outcome.includes(outcome);
    button.setAttribute("aria-pressed", String(on));
    count.textContent = counted.filter((one) => outcome === "flaky" ? one.flaky : one.outcome === outcome).length.toLocaleString("en");
  }
  for (const { view, tab, count } of tabs) {
    tab.setAttribute("aria-selected", String(view === state.view));
    tab.setAttribute("tabindex", view === state.view ? "0" : "-1");
    count.textContent = VIEWS[view].count?.(shown).toLocaleString("en") ?? "";
  }
  panel.setAttribute("aria-labelledby", `tab-${state.view}`);
  const isFiltered = shown.length < scenarios.length;
  clear.hidden = !isFiltered && !state.q;
  result.textContent = isFiltered ? `${shown.length.toLocaleString("en")} of ${plural(scenarios.length, "scenario")}` : plural(scenarios.length, "scenario");
}

/** @param {string} id @param {boolean} moved */
function renderDetail(id, moved) {
  split.classList.toggle("is-one", id !== "");
  const current = currentId();
  list.select(current, moved && id !== "");
  if (current === shownDetail) return;
  shownDetail = current;
  const scenario = scenarios.find((one) => one.id === current);
  detailBox.replaceChildren(scenario
    ? detailOf(scenario, run, { back: addressOf({ ...state, id: "" }), older: () => walk(-1), newer: () => walk(1) })
    : h("p", { class: "empty" }, id ? "This run has no such scenario." : "No scenario is shown."));
  detailBox.scrollTop = 0;
  if (moved && id && scenario) {
    announce(`${wordOf(scenario.outcome)}: ${scenario.name}`);
    if (!WIDE.matches) detailBox.scrollIntoView({ block: "start", behavior: "instant" });
  }
}

addEventListener("hashchange", render);
addEventListener("popstate", render);
const fitFilters = () => { more.open = WIDE.matches || choices.some(({ name, select }) => name !== "sort" && select.value !== ""); };
WIDE.addEventListener("change", () => {
  fitFilters();
  render();
});

document.getElementById("app")?.append(
  masthead(run, scenarios, [help, themeButton()]),
  h("main", { id: "main", tabindex: "-1", class: "wrap stack" },
    notices(run),
    h("search", { class: "filters", "aria-label": "Filters" },
      h("div", { class: "filter-row" }, search, more),
      h("div", { class: "cluster", role: "group", "aria-label": "Outcome" }, toggles.map(({ button }) => button), clear, h("span", { class: "grow" }), result)),
    tablist, panel),
  h("footer", { class: "wrap muted small page-foot" },
    `agentrig ${run.agentrig ?? ""}${run.python ? `, Python ${run.python}` : ""}. Times are in your time zone. `,
    h("a", { href: "junit.xml" }, "junit.xml"), " · ", h("a", { href: "summary.json" }, "summary.json"), " · ", h("a", { href: "events.jsonl" }, "events.jsonl")));
// A link that skips to the content must not be taken for a view.
document.querySelector(".skip-link")?.addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main")?.focus();
});
render();
fitFilters();
document.body.dataset.ready = "true";
