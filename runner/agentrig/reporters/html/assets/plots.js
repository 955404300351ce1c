// Times and metrics of the scenarios that are looked at.

const MOST_ROWS = 12;

/**
 * @param {Scenario[]} scenarios
 * @returns {Node[]}
 */
function plotsOf(scenarios) {
  const ran = scenarios.filter((one) => one.begin !== null);
  const steps = ran.flatMap((one) => one.steps.filter((step) => step.o !== "skipped"));
  const cards = [];
  if (ran.length) {
    cards.push(histogram({ title: "Scenario durations", values: ran.map(({ ms }) => ms), format: formatDuration, what: "scenarios" }));
  }
  if (steps.length) {
    cards.push(histogram({ title: "Step durations", values: steps.map(({ ms }) => ms), format: formatDuration, what: "steps" }));
  }
  cards.push(...metricPlots(ran));
  const tables = ran.length > 1 ? [slowestScenarios(ran), slowestSteps(ran), slowestAgents(ran)] : [];
  const inCards = (/** @type {any[]} */ some) => some.filter(Boolean).map((one) => h("div", { class: "card" }, one));
  return [
    cards.length > 0 && h("div", { class: "grid" }, inCards(cards)),
    tables.some(Boolean) && h("div", { class: "grid is-wide" }, inCards(tables)),
  ].filter(Boolean);
}

/**
 * @template T
 * @param {T[]} values
 * @param {(value: T) => string} key
 * @returns {Map<string, T[]>}
 */
function grouped(values, key) {
  const groups = new Map();
  for (const value of values) {
    const name = key(value);
    const group = groups.get(name);
    if (group) group.push(value);
    else groups.set(name, [value]);
  }
  return groups;
}

/** @param {Scenario[]} scenarios */
function metricPlots(scenarios) {
  const all = scenarios.flatMap((scenario) => scenario.metrics.map(([name, value, unit]) => ({ scenario, name, value, unit })));
  return [...grouped(all, ({ name, unit }) => `${name}\n${unit ?? ""}`).values()].map((values) => {
    const [{ name, unit }] = values;
    const format = (/** @type {number} */ value) => formatValue(value, unit);
    const sorted = [...values].sort((one, other) => one.value - other.value);
    const title = `Metric ${name}`;
    if (values.length > MOST_ROWS) return histogram({ title, values: values.map(({ value }) => value), format, what: "values" });
    return barTable({
      title, columns: ["Scenario", "Value#"],
      rows: sorted.map(({ scenario, value }) => ({ name: scenarioLink(scenario), value, text: format(value) })),
    });
  });
}

/** @param {Scenario} scenario */
function scenarioLink(scenario) {
  return h("a", { href: addressOf({ id: scenario.id }) }, scenario.name);
}

/** @param {Scenario[]} scenarios */
function slowestScenarios(scenarios) {
  const slowest = [...scenarios].sort((one, other) => other.ms - one.ms).slice(0, MOST_ROWS);
  return barTable({
    title: "Slowest scenarios", columns: ["Scenario", "Duration#"],
    rows: slowest.map((one) => ({ name: scenarioLink(one), value: one.ms, text: formatDuration(one.ms), class: `is-${one.outcome}` })),
  });
}

/** @param {Scenario[]} scenarios */
function slowestSteps(scenarios) {
  const steps = scenarios.flatMap((one) => one.steps.filter((step) => step.o !== "skipped"));
  return percentileTable("Slowest steps, by name", "Step", grouped(steps, (step) => step.n.replace(/ \[\d+\/\d+\]$/, "")));
}

/** @param {Scenario[]} scenarios */
function slowestAgents(scenarios) {
  const groups = grouped(scenarios.filter(({ agent }) => agent), ({ agent }) => agent ?? "");
  const steps = new Map([...groups].map(([agent, some]) => [agent, some.flatMap((one) => one.steps)]));
  return steps.size > 1 ? percentileTable("Steps, by agent", "Agent", steps) : null;
}

/**
 * @param {string} title
 * @param {string} what
 * @param {Map<string, Step[]>} groups
 */
function percentileTable(title, what, groups) {
  const rows = [...groups].filter(([, steps]) => steps.length).map(([name, steps]) => {
    const sorted = steps.map(({ ms }) => ms).sort((one, other) => one - other);
    const p95 = percentile(sorted, 0.95);
    return { name, value: p95, text: formatDuration(p95), more: [formatDuration(percentile(sorted, 0.5)), steps.length.toLocaleString("en")] };
  }).sort((one, other) => other.value - one.value);
  if (!rows.length) return null;
  return barTable({
    title, note: rows.length > MOST_ROWS ? `the ${MOST_ROWS} slowest of ${rows.length.toLocaleString("en")}, by their p95` : "by their p95",
    columns: [what, "p95#", "p50#", "Steps#"], rows: rows.slice(0, MOST_ROWS),
  });
}
