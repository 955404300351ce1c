// The run and its scenarios, from the rows that agentrig/reporters/html/_row.py wrote.

/**
 * @typedef {{n: string, k: string, t: number, ms: number, o?: string, p?: string, m?: string, a?: number,
 *   c?: (string | Check)[], x?: Exchange}} Step
 * name, kind, begin in milliseconds since the scenario's, duration, outcome unless passed, phase unless
 * `steps`, message, attempts if several, checks (a passed one is its name), exchange
 * @typedef {{check: string, outcome: string, message?: string, excerpt?: string}} Check
 * @typedef {{method: string, url: string, request_headers: [string, string][], request_body: string | null,
 *   redirects: string[], status: number | null, response_headers: [string, string][], response_body: string | null}} Exchange
 * @typedef {{number: number, outcome: string, ms: number, message?: string, details?: string, steps: Step[]}} Execution
 * @typedef {{total: number, passed: number, failed: number, errors: number, latency: Record<string, number> | null}} Iterations
 * @typedef {object} Scenario
 * @property {number} place in the plan
 * @property {string} id
 * @property {string} name
 * @property {string} path
 * @property {number} line
 * @property {string} language
 * @property {string | null} agent
 * @property {string[]} tags
 * @property {string} outcome
 * @property {boolean} flaky
 * @property {number} ms
 * @property {number | null} begin milliseconds since the epoch
 * @property {number} shard
 * @property {number} attempt
 * @property {string} message
 * @property {string} details
 * @property {Step[]} steps
 * @property {Execution[]} executions
 * @property {[string, number, string | null][]} metrics name, value, unit
 * @property {[string, string, string, number][]} artifacts name, path, media type, bytes
 * @property {Iterations | null} iterations
 * @property {string} [haystack] what the search looks at, made when it first does
 */

const WORST_FIRST = ["failed", "error", "interrupted", "not_run", "skipped", "passed"];

/**
 * @param {any[]} rows
 * @returns {{run: any, scenarios: Scenario[]}}
 */
function readRun(rows) {
  /** @type {Map<string, Scenario>} */
  const scenarios = new Map();
  const { run } = rows[rows.length - 1];
  for (const row of rows) {
    if (row.planned) row.planned.forEach((/** @type {any} */ one) => scenarios.set(one.id, notRun(one, scenarios.size)));
    else if (row.id) addResult(scenarios, row, run.parts.length > 0);
  }
  return { run, scenarios: [...scenarios.values()] };
}

/**
 * @param {any} planned
 * @param {number} place
 * @returns {Scenario}
 */
function notRun(planned, place) {
  return {
    ...planned, place, outcome: "not_run", flaky: false, ms: 0, begin: null, shard: 0, attempt: 0,
    message: "", details: "", steps: [], executions: [], metrics: [], artifacts: [], iterations: null,
  };
}

/**
 * @param {Map<string, Scenario>} scenarios
 * @param {any} row
 * @param {boolean} isMerged
 */
function addResult(scenarios, row, isMerged) {
  const scenario = scenarios.get(row.id);
  if (!scenario) return;
  // Against the plan, two shards may have run it: the worse outcome counts, as in every report.
  const known = scenario.begin !== null;
  const better = isMerged && WORST_FIRST.indexOf(row.outcome ?? "not_run") > WORST_FIRST.indexOf(scenario.outcome);
  if (known && (better || !row.outcome)) {
    scenario.artifacts.push(...(row.artifacts ?? []));
    return;
  }
  for (const execution of row.executions ?? []) execution.steps ??= [];
  Object.assign(scenario, { outcome: "not_run" }, row);
}
