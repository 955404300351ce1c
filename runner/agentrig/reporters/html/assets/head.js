// The top of the page: how the run ended, in one look, and what stands beside its scenarios.

/** @type {Record<string, {word: string, tone: string, means: string}>} */
const ENDS = {
  0: { word: "Passed", tone: "passed", means: "everything that was planned has passed" },
  1: { word: "Failed", tone: "failed", means: "tests failed" },
  2: { word: "Interrupted", tone: "interrupted", means: "the run was interrupted" },
  3: { word: "Infrastructure error", tone: "error", means: "infrastructure or the runner broke: no verdict on the agents" },
  4: { word: "Invalid", tone: "error", means: "the command line or a scenario is wrong" },
  5: { word: "Nothing selected", tone: "skipped", means: "no scenario was selected" },
};

/**
 * @param {any} run
 * @param {Scenario[]} scenarios
 * @param {Node[]} buttons
 */
function masthead(run, scenarios, buttons) {
  const end = ENDS[run.exit_code] ?? ENDS[3];
  const facts = [
    ["Started", run.started && formatMoment(run.started)],
    ["Took", run.elapsed_ms !== null && formatDuration(run.elapsed_ms)],
    ["Commit", run.commit && h("span", { class: "mono", tip: run.commit }, run.commit.slice(0, 12))],
    ["Source", run.source && h("span", { class: "mono" }, sourceText(run.source))],
    ["Shards", run.shards > 1 && (run.shard ? `${run.shard} of ${run.shards}` : run.shards)],
    ["Namespace", run.namespace && `${run.namespace}, via ${run.via}`],
  ];
  const labels = Object.entries(run.labels ?? {});
  return h("header", { class: "masthead" }, h("div", { class: "wrap stack" },
    h("div", { class: "cluster" },
      h("p", { class: "brand grow" }, "agentrig", h("span", { class: "run-id mono" }, run.run)),
      buttons),
    h("div", { class: "cluster verdict" },
      h("h1", { class: `is-${end.tone}` }, h("span", { class: "verdict-word" }, end.word), h("span", { class: "visually-hidden" }, ": "),
        h("span", { class: "verdict-counts" }, run.sentence)),
      h("p", { class: "muted small" }, `Exit code ${run.exit_code}: ${end.means}`)),
    proportions(scenarios),
    h("dl", { class: "cluster run-facts small" }, facts.filter(([, value]) => value).map(([name, value]) =>
      h("div", null, h("dt", null, name), " ", h("dd", null, value))),
    labels.map(([name, value]) => h("div", { class: "chip" }, h("dt", null, name), " ", h("dd", null, value))))));
}

/**
 * The outcomes as parts of a bar.
 * @param {Scenario[]} scenarios
 */
function proportions(scenarios) {
  const counts = WORST_FIRST.map((outcome) => ({ outcome, count: scenarios.filter((one) => one.outcome === outcome).length })).filter(({ count }) => count);
  const bar = h("div", { class: "proportions", role: "img", "aria-label": counts.map(({ outcome, count }) => `${count} ${wordOf(outcome)}`).join(", ") });
  for (const { outcome, count } of counts) {
    const part = h("span", { class: `is-${outcome}`, tip: `${count.toLocaleString("en")} ${wordOf(outcome)}` });
    part.style.flexGrow = String(count);
    bar.append(part);
  }
  return counts.length ? bar : null;
}

/** @param {any} source */
function sourceText({ url, ref, commit, objects, digest }) {
  if (commit) return `${url} at ${ref} (${commit.slice(0, 12)})`;
  return `${url} (${objects} objects, ${(digest ?? "").split(":").pop().slice(0, 12)})`;
}

/**
 * What a reader must know before the scenarios: the run's own words, troubles, goals.
 * @param {any} run
 */
function notices(run) {
  const parts = [];
  if (run.message) parts.push(h("div", { class: `notice is-${(ENDS[run.exit_code] ?? ENDS[3]).tone}` }, paragraphs(run.message)));
  for (const { reason, where, message, hint, overcome } of run.troubles) {
    parts.push(h("div", { class: `notice ${overcome ? "is-interrupted" : "is-error"}` },
      h("p", null, h("b", null, reason), ` ${where}`, overcome && h("span", { class: "muted" }, " (overcome: it cost no results)")),
      paragraphs(message), hint && h("p", null, "→ ", hint)));
  }
  if (run.limits.length) {
    parts.push(h("section", { class: "goals" }, h("h2", null, "Goals"), h("ul", { class: "cluster", role: "list" },
      run.limits.map((/** @type {any} */ one) => h("li", null, goalBadge(one))))));
  }
  const { exchanges, steps } = run.left_out;
  if (exchanges || steps) {
    const what = [exchanges && plural(exchanges, "request"), steps && plural(steps, "step")].filter(Boolean).join(" and ");
    parts.push(h("div", { class: "notice is-plain" }, `To keep this page small, ${what} are left out of it; the journal, `,
      h("a", { href: "events.jsonl" }, "events.jsonl"), ", has all."));
  }
  return parts.length ? h("section", { class: "stack notices", "aria-label": "About the run" }, parts) : null;
}

/** @param {{name: string, limit: number, actual: number | null, outcome: string}} goal */
function goalBadge({ name, limit, actual, outcome }) {
  const unit = name.split(" ")[0].endsWith("_ms") ? "ms" : null;
  const [word, sign] = /** @type {Record<string, string[]>} */ ({ passed: ["kept", "≤"], failed: ["missed", ">"] })[outcome] ?? ["nothing measured", "of"];
  return h("span", { class: `badge is-${outcome}` }, h("span", { "aria-hidden": "true" }, OUTCOMES[outcome]?.mark),
    `${name}: ${formatValue(actual, unit)} ${sign} ${formatValue(limit, unit)}, ${word}`);
}

/** @param {string} text */
function paragraphs(text) {
  // What is drawn below a line of a file belongs there.
  if (/\n +\S/.test(text)) return plainBlock(text, { inLines: true });
  return text.split(/\n\n+/).map((one) => h("p", { class: "lines" }, one));
}
