// One scenario: why it ended as it did, and all that is known of it.

/**
 * @param {Scenario} scenario
 * @param {any} run
 * @param {{back: string, older: () => void, newer: () => void}} ways
 */
function detailOf(scenario, run, { back, older, newer }) {
  const { outcome, flaky, message, details, executions, iterations, metrics, artifacts, steps } = scenario;
  const said = [message, ...steps.flatMap((step) => [step.m, ...(step.c ?? []).map((check) => typeof check === "string" ? "" : check.message)])];
  const part = (/** @type {string} */ title, /** @type {Child[]} */ ...children) =>
    h("section", { class: "part" }, h("h3", null, title), children);
  return h("article", { class: "detail stack", "aria-labelledby": "detail-title" },
    h("div", { class: "cluster no-print" },
      h("a", { class: "button is-small back", href: back }, "← All scenarios"),
      h("span", { class: "grow" }),
      h("button", { type: "button", class: "button is-small is-quiet", onclick: older, tip: "Previous (k)", "aria-label": "Previous scenario" }, "↑"),
      h("button", { type: "button", class: "button is-small is-quiet", onclick: newer, tip: "Next (j)", "aria-label": "Next scenario" }, "↓"),
      copyButton(() => String(new URL(addressOf({ id: scenario.id }), location.href)), "Copy link")),
    h("header", { class: "stack tight" },
      h("h2", { id: "detail-title", tabindex: "-1" }, scenario.name),
      h("div", { class: "cluster" },
        outcomeBadge(outcome), flaky && outcomeBadge("flaky"),
        scenario.begin !== null && h("span", { class: "muted small" }, formatDuration(scenario.ms)),
        scenario.tags.map((tag) => h("a", { class: "chip", href: addressOf({ tag }), "aria-label": `tag ${tag}` }, `#${tag}`))),
      h("dl", { class: "facts" }, factsOf(scenario, run))),
    message && messageBlock(message),
    iterations && part("Iterations", iterationsTable(iterations)),
    metrics.length > 0 && part("Metrics", dataTable("Metrics", ["Name", "Value#"], metrics.map(([name, value, unit]) => [name, formatValue(value, unit)]))),
    artifacts.length > 0 && part("Artifacts", h("ul", { role: "list" }, artifacts.map(([name, path, type, size]) =>
      h("li", null, safeLink(path.split("/").map(encodeURIComponent).join("/"), null, name), " ",
        h("span", { class: "muted small" }, `${type}, ${formatNumber(size)} bytes`))))),
    details && !said.includes(details) && part("Output", plainBlock(details, { inLines: true })),
    steps.length > 0 && part(executions.length ? "Steps of the last execution" : "Steps", stepList(steps, scenario.ms, message)),
    executions.length > 0 && part(iterations ? "First that did not pass" : "Earlier executions", [...executions].reverse().map((execution) => executionBlock(execution))),
    !steps.length && !executions.length && scenario.language === "yaml" && h("p", { class: "muted" },
      scenario.begin === null ? "It was planned, and never begun." : "No steps are kept of it."));
}

/**
 * @param {Scenario} scenario
 * @param {any} run
 */
function factsOf(scenario, run) {
  const facts = [
    ["File", h("span", { class: "mono" }, `${scenario.path}:${scenario.line}`)],
    ["Agent", scenario.agent && h("a", { href: addressOf({ agent: scenario.agent }) }, scenario.agent)],
    ["Began", scenario.begin !== null && `${formatMoment(scenario.begin)}, ${formatDuration(Math.max(0, scenario.begin - Date.parse(run.started)))} into the run`],
    ["Shard", scenario.shard > 0 && `${scenario.shard} of ${run.shards}`],
    ["Attempt", scenario.attempt > 1 && scenario.attempt],
  ];
  return facts.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", null, name), h("dd", null, value)]);
}

/**
 * @param {Iterations} iterations
 */
function iterationsTable({ total, passed, failed, errors, latency }) {
  const counts = [["Iterations", total], ["Passed", passed], ["Failed", failed], ["Errors", errors]];
  const times = latency ? Object.entries(latency).filter(([name]) => name.endsWith("_ms")) : [];
  return dataTable("Iterations and their latency", ["What", "Value#"], [
    ...counts.map(([name, value]) => [name, formatNumber(Number(value))]),
    ...times.map(([name, value]) => [`Steps, ${name.replace("_ms", "")}`, formatDuration(value)])]);
}

/**
 * @param {Execution} execution
 */
function executionBlock({ number, outcome, ms, message, details, steps }) {
  return h("details", { class: "execution" },
    h("summary", null, outcomeMark(outcome), ` Execution ${number} `, h("span", { class: "muted small" }, formatDuration(ms)),
      message && h("span", { class: "small" }, ` ${message.split("\n")[0]}`)),
    h("div", { class: "stack step-content" },
      message && messageBlock(message), details && plainBlock(details, { inLines: true }), steps.length > 0 && stepList(steps, ms, message)));
}
