// The first view: where things stand, and what changed.

/**
 * @param {string} value
 * @param {string} what
 * @param {string | null} tone
 * @param {string | null} href
 */
function tile(value, what, tone, href) {
  return h("li", null, h(href ? "a" : "div", { class: `tile${tone ? ` is-${tone}` : ""}`, href }, h("strong", null, value), h("span", null, what)));
}

function tiles() {
  const last = runs[head.last];
  return h("ul", { class: "tiles", role: "list" },
    tile(percent(last.rate), `of the last run passed; it ${last.outcome === "unfinished" ? "is unfinished" : `ended as ${last.outcome}`}`, toneOf(last.outcome), runLink(head.last)),
    tile(String(head.newly_failing.length), "newly failing", head.newly_failing.length ? "failed" : "passed", null),
    tile(String(head.always_failing.length), "failing as long as they are known", head.always_failing.length ? "failed" : null, null),
    tile(String(head.fixed.length), `fixed in the last ${head.recent} runs`, head.fixed.length ? "passed" : null, null),
    tile(String(head.flakiest.length), "flaky", head.flakiest.length ? "flaky" : null, null),
    tile(String(head.absent.length), `without a verdict in the last ${head.recent} runs`, head.absent.length ? "not_run" : null, null));
}

function outcomesChart() {
  // What passed would leave no room for what did not.
  const letters = Object.keys(LETTERS).filter((letter) => letter !== "p" && runs.some((run) => run.letters[letter]));
  if (!letters.length) return h("p", { class: "empty" }, "Everything passed in all of these runs.");
  return columnChart({
    title: "What did not simply pass", note: "scenarios of each run, by outcome", axis: "Run",
    description: `${plural(shown, "run")}, the latest at the right`,
    parts: letters.map((letter) => ({ name: wordOf(LETTERS[letter]), class: `is-${LETTERS[letter]}` })),
    columns: runs.slice(firstShown()).map((run, index) => ({
      label: shortMoment(run.begin), href: runLink(firstShown() + index),
      tip: `${run.run}, ${minute(run.begin)}\n${saidOf(Object.entries(run.letters).map(([letter, count]) => letter.repeat(count)).join(""))}`,
      parts: letters.map((letter) => run.letters[letter] ?? 0),
    })),
  });
}

/**
 * A line over the runs that are drawn.
 * @param {string} title
 * @param {string | undefined} note
 * @param {{name: string, of: (run: Run) => number | null}[]} series
 * @param {(value: number) => string} format
 * @param {[number, number]} [domain]
 */
function runsChart(title, note, series, format, domain) {
  const some = runs.slice(firstShown());
  return lineChart({
    title, note, axis: "Run", format, domain, description: `${plural(shown, "run")}, the latest at the right`,
    labels: some.map((run) => shortMoment(run.begin)),
    series: series.map(({ name, of }) => ({
      name,
      points: some.map((run, index) => {
        const y = of(run);
        return { y, href: runLink(firstShown() + index), tip: y === null ? "" : `${run.run}, ${minute(run.begin)}\n${name}: ${format(y)}` };
      }),
    })),
  });
}

function rateChart() {
  const rates = runs.slice(firstShown()).map((run) => run.rate).filter((rate) => rate !== null);
  const low = Math.min(1, ...rates);
  // Where nearly all passes, what differs would be a line at the upper edge.
  const from = low > 0.9 ? 0.9 : low > 0.5 ? 0.5 : 0;
  return runsChart("Pass rate", from ? `from ${percent(from)}; of the scenarios that passed or failed` : "of the scenarios that passed or failed",
    [{ name: "passed", of: (run) => run.rate }], percent, [from, 1]);
}

/** What passes and fails at one commit has perhaps neither broken nor been fixed. @param {number} place */
function flakyNote(place) {
  return scenarios[place].flips + scenarios[place].retried > 0 && [" ", outcomeBadge("flaky")];
}

/** @param {number[]} places */
function brokenTable(places) {
  return some(places, 20, (few) => listTable("Newly failing", ["Scenario", "Since", "Last good", ""], few.map((place) => [
    h("span", null, scenarioName(place), flakyNote(place), scenarios[place].message && h("span", { class: "why" }, scenarios[place].message)),
    runName(scenarios[place].since), runName(scenarios[place].before), strip(scenarios[place])])));
}

/** @param {number[]} places */
function flakyTable(places) {
  return some(places, 10, (few) => listTable("Flaky scenarios", ["Scenario", "Contradictions", "Share#", ""], few.map((place) => {
    const one = scenarios[place];
    return [scenarioName(place), contradictions(one), percent(one.flakiness), strip(one)];
  })));
}

/** @param {() => void} again draws the view anew */
function overview(again) {
  const { newly_failing: broken, always_failing: always, fixed, flakiest, slowest, absent } = head;
  return [
    tiles(),
    broken.length > 0 && card("Newly failing", "passed before; the run that broke last comes first", brokenTable(broken)),
    always.length > 0 && card("Failing as long as they are known", null, some(always, 20, (few) => listTable("Always failing", ["Scenario", "Since", ""], few.map((place) => [
      h("span", null, scenarioName(place), scenarios[place].message && h("span", { class: "why" }, scenarios[place].message)), runName(scenarios[place].since), strip(scenarios[place])])))),
    h("div", { class: "toolbar no-print" }, windowField(again)),
    h("section", { class: "card" }, h("h2", { class: "visually-hidden" }, "Outcomes"), outcomesChart()),
    h("div", { class: "grid" },
      h("section", { class: "card" }, h("h2", { class: "visually-hidden" }, "Pass rate"), rateChart()),
      h("section", { class: "card" }, h("h2", { class: "visually-hidden" }, "Duration of runs"),
        runsChart("Duration of runs", "from the first scenario to the last", [{ name: "run", of: (run) => run.ms }], formatDuration)),
      h("section", { class: "card" }, h("h2", { class: "visually-hidden" }, "Duration of scenarios"),
        runsChart("Duration of scenarios", "percentiles over the scenarios of each run", [{ name: "p50", of: (run) => run.p50 }, { name: "p95", of: (run) => run.p95 }], formatDuration))),
    slowest.length > 0 && h("section", { class: "card" }, h("h2", { class: "visually-hidden" }, "Slowest"), barTable({
      title: "Slowest scenarios", note: `by the median of their last ${head.recent} times; the change is against the ${head.recent} before`,
      columns: ["Scenario", "Median#", "Change#"],
      rows: slowest.map((/** @type {[number, number, number | null]} */ [place, median, earlier]) => ({ name: scenarioName(place), value: median, text: formatDuration(median), more: [earlier ? change(median / earlier - 1) : "–"] })),
    })),
    flakiest.length > 0 && card("Flaky", `in their last ${head.flaky_runs} runs: passed and failed at the same commit, or passed only when executed again`, flakyTable(flakiest)),
    fixed.length > 0 && card("Fixed lately", `pass again since one of the last ${head.recent} runs`, some(fixed, 10, (few) => listTable("Fixed scenarios", ["Scenario", "Since", "Last bad", ""], few.map((place) => [
      h("span", null, scenarioName(place), flakyNote(place)), runName(scenarios[place].since), runName(scenarios[place].before), strip(scenarios[place])])))),
    absent.length > 0 && card("Not run lately", `no verdict in the last ${head.recent} runs: skipped, removed or renamed`, some(absent, 10, (few) => listTable("Scenarios not run lately", ["Scenario", "Last verdict in", ""], few.map((place) => [
      scenarioName(place), scenarios[place].last === null ? "never" : runName(scenarios[place].last), strip(scenarios[place])])))),
    head.problems.length > 0 && card("Not to be read", "what lies there is no result, or a damaged one; the runs above are without it", some(head.problems, 10, (few) => h("ul", null, few.map((one) => h("li", null, one))))),
  ];
}

/** @param {number} share */
function change(share) {
  const percents = Math.round(share * 100);
  return `${percents < 0 ? "−" : percents ? "+" : ""}${Math.abs(percents)} %`;
}
