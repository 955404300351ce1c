// The ways to look at the scenarios that the filters leave.

/**
 * @typedef {{name: string, count?: (scenarios: Scenario[]) => number, make: (scenarios: Scenario[], run: any, state: State) => Node[]}} View
 */

/** @type {Record<string, View>} */
const VIEWS = {
  scenarios: { name: "Scenarios", count: (scenarios) => scenarios.length, make: () => [] },
  causes: { name: "Causes", count: (scenarios) => causesOf(scenarios).length, make: causesView },
  timeline: { name: "Timeline", make: timelineView },
  measurements: { name: "Measurements", make: measurementsView },
};

/**
 * @param {Scenario[]} scenarios
 * @param {any} _run
 * @param {State} state
 */
function causesView(scenarios, _run, state) {
  const causes = causesOf(scenarios);
  if (!causes.length) return [h("p", { class: "card empty" }, "Nothing failed here.")];
  return [h("ol", { class: "stack", role: "list" }, causes.map(({ first, scenarios: all, message }, index) =>
    h("li", { class: `card cause is-${first.outcome}` },
      h("div", { class: "cluster" },
        outcomeBadge(first.outcome, plural(all.length, "scenario")),
        h("h2", { class: "grow" }, message.split("\n")[0])),
      all.length > 1 && h("p", { class: "muted small" }, "The first is ", h("a", { href: addressOf({ ...state, view: "scenarios", id: first.id }) }, first.name),
        "; the others differ at most in numbers, ids and addresses."),
      message.includes("\n") && messageBlock(message.slice(message.indexOf("\n") + 1)),
      h("details", { open: index < 5 && all.length <= 10 }, h("summary", { class: "small" }, all.length > 1 ? "Scenarios" : "Scenario"),
        pieces(all, (scenario) => h("li", null, h("a", { href: addressOf({ ...state, view: "scenarios", id: scenario.id }) }, scenario.name),
          " ", h("span", { class: "muted small" }, `${scenario.path}:${scenario.line}`)))))))];
}

/**
 * A list that grows on demand.
 * @param {Scenario[]} scenarios
 * @param {(scenario: Scenario) => Node} make
 */
function pieces(scenarios, make) {
  const list = h("ul", { class: "plain" });
  let shown = 0;
  const more = h("button", { type: "button", class: "button is-small", onclick: () => add() });
  const add = () => {
    list.append(...scenarios.slice(shown, shown + 50).map(make));
    shown += 50;
    more.hidden = shown >= scenarios.length;
    more.textContent = `Show more of ${scenarios.length.toLocaleString("en")}`;
  };
  add();
  return h("div", null, list, more);
}

/**
 * @param {Scenario[]} scenarios
 * @param {any} run
 * @param {State} state
 */
function timelineView(scenarios, run, state) {
  const begin = Date.parse(run.started);
  const ran = scenarios.filter((one) => one.begin !== null);
  if (!ran.length) return [h("p", { class: "card empty" }, "Nothing ran here.")];
  return [h("div", { class: "card" }, timeline({
    title: "Timeline", note: "each bar is a scenario; those in a row ran one after the other",
    spans: ran.map((one) => ({
      lane: one.shard ? `shard ${one.shard}` : "run",
      from: (one.begin ?? 0) - begin, to: (one.begin ?? 0) - begin + one.ms, name: one.name, class: `is-${one.outcome}`,
      href: addressOf({ ...state, view: "scenarios", id: one.id }),
      tip: `${one.name}\n${wordOf(one.outcome)} in ${formatDuration(one.ms)}${one.agent ? `\n${one.agent}` : ""}`,
    })),
  }), h("ul", { class: "legend" }, WORST_FIRST.filter((outcome) => ran.some((one) => one.outcome === outcome))
    .map((outcome) => h("li", { class: `is-${outcome}` }, wordOf(outcome))))), shardsTable(run)].filter((one) => one !== null);
}

/** @param {any} run */
function shardsTable(run) {
  if (!run.parts.length) return null;
  return h("section", { class: "card" }, h("h2", null, "Shards"), h("div", { class: "scroll-x" },
    dataTable("Shards", ["Shard", "Outcome", "Planned#", "Duration#"], run.parts.map((/** @type {any} */ part) =>
      [part.shard, outcomeBadge(part.outcome), part.planned, formatDuration(part.elapsed_ms)]))));
}

/**
 * @param {Scenario[]} scenarios
 * @param {any} run
 */
function measurementsView(scenarios, run) {
  const cards = plotsOf(scenarios);
  const latency = run.iterations && h("section", { class: "card" }, h("h2", null, "Iterations of the whole run"), iterationsTable(run.iterations));
  if (!cards.length && !latency) return [h("p", { class: "card empty" }, "Nothing was measured here.")];
  return [...cards, latency && h("div", { class: "grid is-wide" }, latency)].filter(Boolean);
}
