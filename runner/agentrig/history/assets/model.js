// The rows that _site.py wrote: one of the head, then those of the runs, then of the scenarios.

/**
 * @typedef {{run: string, begin: number, outcome: string, ms: number | null, commit: string | null,
 *   labels: Record<string, string>, message: string | null, report: string | null,
 *   letters: Record<string, number>, rate: number | null, p50: number | null, p95: number | null}} Run
 * @typedef {{name: string, unit: string | null, steps: number[], runs: number[],
 *   values: number[]}} Metric
 * @typedef {{id: string, name: string, agent: string | null, passed: boolean | null,
 *   since: number | null, before: number | null, last: number | null, message: string | null, rate: number | null,
 *   verdicts: number, flips: number, retried: number, changes: number, flakiness: number,
 *   p50: number | null, p95: number | null, cut: number, steps: number[], codes: string,
 *   ms: (number | null)[], metrics: Metric[], runs: number[]}} Scenario
 */

/**
 * Which outcome a letter stands for, the worst first.
 * @type {Record<string, string>}
 */
const LETTERS = { f: "failed", e: "error", i: "interrupted", n: "not_run", s: "skipped", k: "flaky", p: "passed" };

const [head, ...rows] = await readData();
/** @type {Run[]} */
const runs = rows.slice(0, head.runs);
/** @type {Scenario[]} */
const scenarios = rows.slice(head.runs);
for (const one of scenarios) {
  one.runs = added(one.steps);
  for (const metric of one.metrics) metric.runs = added(metric.steps);
}

/**
 * Places from the distances between them.
 * @param {number[]} steps
 */
function added(steps) {
  let place = 0;
  return steps.map((step) => (place += step));
}

/** How many of the last runs are drawn; all tables and lists are of all of them. */
let shown = Math.min(runs.length, 100);

/** The first run that is drawn. */
function firstShown() {
  return runs.length - shown;
}

/** @param {number} place */
const runLink = (place) => `#/run/${place}`;
/** @param {number} place */
const scenarioLink = (place) => `#/scenario/${encodeURIComponent(scenarios[place].id)}`;

/** @param {number} ms */
const minute = (ms) => formatMoment(ms).slice(0, 16);
/** What a chart has room for: the day, or the time of runs that are of one. @param {number} ms */
function shortMoment(ms) {
  const ofOneDay = runs[runs.length - 1].begin - runs[firstShown()].begin < 48 * 3600 * 1000;
  return ofOneDay ? formatMoment(ms).slice(11, 16) : formatMoment(ms).slice(5, 10);
}

/** @param {number | null} rate */
function percent(rate) {
  if (rate === null) return "–";
  // 99.96 % is not all of them.
  const digits = rate > 0.99 && rate < 1 ? Math.floor(rate * 1000) / 10 : Math.round(rate * 100);
  return `${digits} %`;
}

/** @param {string | null} commit */
function commitCode(commit) {
  return commit ? h("code", { title: commit }, commit.slice(0, 10)) : h("span", { class: "muted" }, "unknown commit");
}

/** @param {string} outcome of a run */
function toneOf(outcome) {
  return { unfinished: "interrupted", invalid: "error", empty: "not_run" }[outcome] ?? outcome;
}

/** @param {number | null} place of a run, if there is one */
function runName(place) {
  if (place === null) return "–";
  const run = runs[place];
  return h("span", null, h("a", { href: runLink(place) }, run.run), " ",
    h("span", { class: "when" }, minute(run.begin), " · "), " ", commitCode(run.commit));
}

/** A long name, to be broken where its parts end. @param {string} name */
function breakable(name) {
  return name.split(/(?<=[/_:.[])(?![/_:.[])/).flatMap((part, index) => (index ? [h("wbr"), part] : [part]));
}

/** @param {number} place of a scenario */
function scenarioName(place) {
  return h("a", { class: "id", href: scenarioLink(place) }, breakable(scenarios[place].id));
}

/**
 * Where the letter of a run stands in a scenario; -1 if the run did not plan it.
 * @param {Scenario} scenario
 * @param {number} run
 */
function placeIn(scenario, run) {
  let low = 0;
  let high = scenario.runs.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (scenario.runs[middle] === run) return middle;
    if (scenario.runs[middle] < run) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
