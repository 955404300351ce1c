// What is shown, kept in the address: every view can be linked, and the browser's back works.

/**
 * @typedef {Filters & {view: string, id: string}} State
 */

/** @returns {State} */
function emptyState() {
  return { view: "scenarios", outcome: [], flaky: false, tag: "", agent: "", file: "", q: "", sort: "worst", id: "" };
}

/** @returns {State} */
function stateOfAddress() {
  const state = emptyState();
  const given = new URLSearchParams(location.hash.slice(1));
  for (const name of /** @type {const} */ (["tag", "agent", "file", "q", "id"])) state[name] = given.get(name) ?? "";
  state.outcome = (given.get("outcome") ?? "").split(",").filter((one) => WORST_FIRST.includes(one));
  state.flaky = given.get("flaky") === "1";
  const sort = given.get("sort") ?? "";
  if (Object.hasOwn(ORDERS, sort)) state.sort = sort;
  const view = given.get("view") ?? "";
  if (Object.hasOwn(VIEWS, view)) state.view = view;
  return state;
}

/**
 * @param {Partial<State>} state
 */
function addressOf(state) {
  const { view, outcome, flaky, tag, agent, file, q, sort, id } = { ...emptyState(), ...state };
  const given = Object.entries({
    view: view === "scenarios" ? "" : view, outcome: outcome.join(","), flaky: flaky ? "1" : "", tag, agent, file, q,
    sort: sort === "worst" ? "" : sort, id,
  }).filter(([, value]) => value);
  return `#${new URLSearchParams(given)}`;
}
