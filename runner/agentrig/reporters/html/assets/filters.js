// Which scenarios are looked at, and in which order.

/**
 * @typedef {object} Filters
 * @property {string[]} outcome any of these; empty: all
 * @property {boolean} flaky
 * @property {string} tag
 * @property {string} agent
 * @property {string} file
 * @property {string} q words, all of which must be found
 * @property {string} sort
 */

/** @type {Record<string, {name: string, order: (one: Scenario, other: Scenario) => number}>} */
const ORDERS = {
  worst: { name: "Worst first", order: (one, other) => rankOf(one) - rankOf(other) || one.place - other.place },
  plan: { name: "As planned", order: (one, other) => one.place - other.place },
  slow: { name: "Slowest first", order: (one, other) => other.ms - one.ms || one.place - other.place },
  begin: { name: "As they began", order: (one, other) => (one.begin ?? Infinity) - (other.begin ?? Infinity) || one.place - other.place },
  name: { name: "By name", order: (one, other) => one.name.localeCompare(other.name) || one.place - other.place },
};

/** @param {Scenario} scenario */
function rankOf(scenario) {
  return scenario.flaky ? WORST_FIRST.length - 1.5 : WORST_FIRST.indexOf(scenario.outcome);
}

/** @param {Scenario} scenario */
function haystackOf(scenario) {
  scenario.haystack ??= [
    scenario.name, scenario.id, scenario.agent, scenario.tags.join(" "), scenario.message, scenario.details,
    ...scenario.steps.flatMap((step) => [step.n, step.m, step.x?.url]),
    ...scenario.executions.map((execution) => execution.message),
  ].join("\n").toLowerCase();
  return scenario.haystack;
}

/**
 * @param {Scenario[]} scenarios
 * @param {Filters} filters
 * @param {{anyOutcome?: boolean}} [options] `anyOutcome`: without the filter by outcome
 */
function filtered(scenarios, filters, { anyOutcome = false } = {}) {
  const words = filters.q.toLowerCase().split(/\s+/).filter(Boolean);
  const { outcome, flaky, tag, agent, file } = filters;
  return scenarios.filter((one) =>
    (anyOutcome || ((!outcome.length || outcome.includes(one.outcome)) && (!flaky || one.flaky))) &&
    (!tag || one.tags.includes(tag)) && (!agent || one.agent === agent) && (!file || one.path === file) &&
    words.every((word) => haystackOf(one).includes(word)));
}
