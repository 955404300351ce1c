// All scenarios and all runs, to be searched.

/** @type {Record<string, (one: Scenario) => boolean>} */
const STANDINGS = {
  "": () => true,
  failing: (one) => one.passed === false,
  passing: (one) => one.passed === true,
  flaky: (one) => one.flips + one.retried > 0,
  "without a verdict": (one) => one.passed === null,
};
const filters = { words: "", standing: "" };

/** @param {() => void} again */
function scenariosView(again) {
  const found = h("div");
  const search = h("input", { class: "field", type: "search", value: filters.words, autocomplete: "off", oninput: () => { filters.words = search.value; draw(); } });
  const standing = h("select", { class: "field", onchange: () => { filters.standing = standing.value; draw(); } },
    Object.keys(STANDINGS).map((name) => h("option", { value: name, selected: name === filters.standing }, name || "all")));
  const draw = () => {
    const words = filters.words.toLowerCase().split(/\s+/).filter(Boolean);
    const places = scenarios.map((_, place) => place).filter((place) => {
      const one = scenarios[place];
      const text = `${one.id} ${one.name} ${one.agent ?? ""}`.toLowerCase();
      return STANDINGS[filters.standing](one) && words.every((word) => text.includes(word));
    });
    found.replaceChildren(places.length ? some(places, 100, scenariosTable) : h("p", { class: "empty" }, "No scenario is as you ask."));
    count.textContent = `${plural(places.length, "scenario")} of ${scenarios.length.toLocaleString("en")}`;
  };
  const count = h("p", { class: "muted small", role: "status" });
  draw();
  return [
    h("div", { class: "toolbar no-print" },
      h("label", { class: "labelled is-wide" }, "Search by name, path or agent", search),
      h("label", { class: "labelled" }, "Standing", standing), windowField(again)),
    h("section", { class: "card" }, h("h2", { class: "visually-hidden" }, "All scenarios"), count, found),
  ];
}

/** @param {number[]} places */
function scenariosTable(places) {
  return listTable("Scenarios", ["Scenario", "Standing", `Last ${plural(shown, "run")}`, "Pass rate#", "p50#", "p95#"], places.map((place) => {
    const one = scenarios[place];
    return [scenarioName(place), standingBadge(one), strip(one), percent(one.rate), formatDuration(one.p50), formatDuration(one.p95)];
  }));
}

function runsView() {
  const places = runs.map((_, place) => place).reverse();
  return [card("All runs", null, some(places, 100, (few) => listTable("Runs", ["Run", "Begin", "Outcome", "Commit", "Passed#", "Duration#", "Report"], few.map((place) => {
    const run = runs[place];
    return [h("a", { href: runLink(place) }, run.run), minute(run.begin), outcomeBadge(toneOf(run.outcome), run.outcome), commitCode(run.commit), percent(run.rate), formatDuration(run.ms), reportLink(run) ?? "–"];
  }))))];
}

/**
 * @param {Run} run
 * @param {string} [id] the scenario that the report is to show
 */
function reportLink(run, id) {
  const place = id === undefined ? "" : `#${new URLSearchParams({ id })}`;
  return run.report && safeLink(run.report + place, null, "report", h("span", { class: "visually-hidden" }, ` of ${id === undefined ? "" : `${id} in `}${run.run}`));
}
