// One scenario, and one run.

/** @param {(string | Child)[][]} facts */
function factsList(facts) {
  return h("dl", { class: "facts" }, facts.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", null, name), h("dd", null, value)]));
}

/**
 * @param {Scenario} one
 * @param {() => void} again
 */
function scenarioView(one, again) {
  const name = one.name !== one.id ? one.name : null;
  return [
    h("section", { class: "card stack" }, h("h2", { class: "visually-hidden" }, "Standing"),
      h("div", { class: "cluster" }, standingBadge(one), one.flips + one.retried > 0 && outcomeBadge("flaky"), h("span", { class: "chip" }, `${percent(one.rate)} of its verdicts are good`)),
      factsList([
        ["Name", name], ["Agent", one.agent],
        [one.passed ? "Passing since" : "Failing since", one.since !== null && runName(one.since)],
        [one.passed ? "Last bad" : "Last good", one.since !== null && (one.before === null ? "none: it was never otherwise" : runName(one.before))],
        ["Why", one.passed === false && one.message],
        ["Contradictions", one.flips + one.retried > 0 && contradictions(one)],
        ["Changes", one.changes > 0 && `${plural(one.changes, "change")} of verdict in all`],
        ["Duration", one.p50 !== null && `p50 ${formatDuration(one.p50)}, p95 ${formatDuration(one.p95)}`],
      ]),
      one.cut > 0 && h("p", { class: "muted small" }, `Drawn are its latest ${plural(one.codes.length, "result")}; ${one.cut.toLocaleString("en")} older ones count in the numbers.`)),
    h("div", { class: "toolbar no-print" }, windowField(again)),
    h("section", { class: "card" }, h("h2", { class: "visually-hidden" }, "Outcomes"), band(one)),
    h("div", { class: "grid" },
      h("section", { class: "card" }, h("h2", { class: "visually-hidden" }, "Duration"), timesChart(one)),
      one.metrics.map((metric) => h("section", { class: "card" }, h("h2", { class: "visually-hidden" }, metric.name), metricChart(metric)))),
    card("Its runs", null, some(one.runs.map((_, index) => index).reverse(), 20, (few) => listTable("Runs of the scenario", ["Run", "Begin", "Outcome", "Commit", "Duration#", "Report"], few.map((index) => {
      const run = runs[one.runs[index]];
      return [h("a", { href: runLink(one.runs[index]) }, run.run), minute(run.begin), outcomeBadge(LETTERS[one.codes[index]]), commitCode(run.commit), formatDuration(one.ms[index]), reportLink(run, one.id) ?? "–"];
    })))),
  ];
}

/** @param {Scenario} one */
function timesChart(one) {
  const first = firstShown();
  const places = one.runs.map((_, index) => index).filter((index) => one.runs[index] >= first);
  const point = (/** @type {number} */ index, /** @type {string} */ letters) => {
    const run = runs[one.runs[index]];
    const y = letters.includes(one.codes[index]) ? one.ms[index] : null;
    return { y, href: runLink(one.runs[index]), tip: `${run.run}, ${minute(run.begin)}\n${wordOf(LETTERS[one.codes[index]])}: ${formatDuration(one.ms[index])}` };
  };
  const failed = places.some((index) => one.codes[index] === "f");
  return lineChart({
    title: "Duration", axis: "Run", format: formatDuration, description: `${plural(places.length, "run")}, the latest at the right`,
    labels: places.map((index) => shortMoment(runs[one.runs[index]].begin)),
    series: [{ name: "passed", class: "series-1", points: places.map((index) => point(index, "pk")) },
      ...(failed ? [{ name: "failed", class: "is-failed", points: places.map((index) => point(index, "f")) }] : [])],
  });
}

/** @param {Metric} metric */
function metricChart(metric) {
  const first = firstShown();
  const places = metric.runs.map((_, index) => index).filter((index) => metric.runs[index] >= first);
  const values = places.map((index) => metric.values[index]);
  const format = (/** @type {number} */ value) => formatValue(value, metric.unit);
  const low = Math.min(0, ...values);
  const high = Math.max(...values, low);
  return lineChart({
    title: metric.name, axis: "Run", format, description: `${plural(places.length, "run")}, the latest at the right`,
    domain: !metric.unit && low >= 0 && high <= 1 ? [0, 1] : [low, high > low ? high : low + 1],
    labels: places.map((index) => shortMoment(runs[metric.runs[index]].begin)),
    series: [{ name: metric.name, points: places.map((index) => {
      const run = runs[metric.runs[index]];
      return { y: metric.values[index], href: runLink(metric.runs[index]), tip: `${run.run}, ${minute(run.begin)}\n${format(metric.values[index])}` };
    }) }],
  });
}

/** @param {number} place */
function runView(place) {
  const run = runs[place];
  const of = scenarios.map((one, index) => ({ index, at: placeIn(one, place) })).filter(({ at }) => at >= 0);
  const worst = Object.keys(LETTERS).join("");
  const letter = (/** @type {{index: number, at: number}} */ one) => scenarios[one.index].codes[one.at];
  const bad = of.filter((one) => letter(one) !== "p").sort((one, other) => worst.indexOf(letter(one)) - worst.indexOf(letter(other)));
  const link = (/** @type {number} */ to, /** @type {string} */ text) => runs[to] && h("a", { class: "button is-small", href: runLink(to) }, text);
  return [
    h("div", { class: "cluster no-print" }, link(place - 1, "← Run before"), link(place + 1, "Run after →"),
      run.report && safeLink(run.report, { class: "button is-small" }, "Open its report")),
    h("section", { class: "card stack" }, h("h2", { class: "visually-hidden" }, "The run"),
      h("div", { class: "cluster" }, outcomeBadge(toneOf(run.outcome), run.outcome), h("span", { class: "chip" }, `${percent(run.rate)} passed`),
        Object.entries(run.labels).map(([name, value]) => h("span", { class: "chip" }, `${name}: ${value}`))),
      factsList([["Begin", minute(run.begin)], ["Commit", run.commit && h("code", null, run.commit)], ["Duration", formatDuration(run.ms)],
        ["Outcomes", saidOf(Object.entries(run.letters).map(([one, count]) => one.repeat(count)).join(""))], ["Message", run.message]])),
    card("What did not simply pass", null, bad.length
      ? some(bad, 50, (few) => listTable("Scenarios that did not simply pass", ["Scenario", "Outcome", "Report", `Last ${plural(shown, "run")}`], few.map((one) => [
        scenarioName(one.index), outcomeBadge(LETTERS[letter(one)]), reportLink(run, scenarios[one.index].id) ?? "–", strip(scenarios[one.index])])))
      : h("p", { class: "empty" }, "Everything passed.")),
  ];
}
