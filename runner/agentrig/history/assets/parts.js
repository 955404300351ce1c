// What several views are made of.

/**
 * @param {string} title
 * @param {string | null} note
 * @param {...(Child | Child[])} children
 */
function card(title, note, ...children) {
  return h("section", { class: "card" }, h("h2", null, title), note && h("p", { class: "note muted small" }, note), ...children);
}

/** How many of each outcome a row of letters has, in words. @param {string} codes */
function saidOf(codes) {
  return Object.entries(LETTERS)
    .map(([letter, outcome]) => [codes.split(letter).length - 1, wordOf(outcome)])
    .filter(([count]) => count)
    .map(([count, word]) => `${count} ${word}`)
    .join(", ");
}

/**
 * The outcomes of a scenario in the runs that are shown, a column each.
 * @param {Scenario} scenario
 */
function strip(scenario) {
  const first = firstShown();
  /** @type {Record<string, string>} */
  const paths = {};
  let codes = "";
  for (let index = scenario.runs.length - 1; index >= 0 && scenario.runs[index] >= first; index -= 1) {
    const letter = scenario.codes[index];
    const x = scenario.runs[index] - first;
    // What failed stands out by its height as well as by its colour.
    const top = letter === "p" ? 6 : letter === "f" ? 0 : 3;
    paths[letter] = `${paths[letter] ?? ""}M${x} ${top}h.9v${12 - top}h-.9z`;
    codes += letter;
  }
  return svg("svg", { class: "strip", viewBox: `0 0 ${shown} 12`, preserveAspectRatio: "none", role: "img", "aria-label": `last ${plural(shown, "run")}: ${saidOf(codes) || "never run"}` },
    Object.entries(paths).map(([letter, d]) => svg("path", { class: `is-${LETTERS[letter]}`, d })));
}

/**
 * The outcomes of a scenario, each a link to its run.
 * @param {Scenario} scenario
 */
function band(scenario) {
  const first = firstShown();
  const drawing = svg("svg", { class: "band", viewBox: `0 0 ${shown} 24`, preserveAspectRatio: "none", role: "group", "aria-label": "Outcome of each run" });
  const used = new Set();
  scenario.runs.forEach((run, index) => {
    if (run < first) return;
    const letter = scenario.codes[index];
    used.add(letter);
    const top = letter === "p" ? 10 : letter === "f" ? 0 : 5;
    const tip = `${runs[run].run}, ${minute(runs[run].begin)}\n${wordOf(LETTERS[letter])}`;
    drawing.append(markOf(svg("rect", { class: `bar is-${LETTERS[letter]}`, x: run - first, y: top, width: 0.9, height: 24 - top }), tip, runLink(run), !drawing.firstChild));
  });
  roving(drawing, "[tabindex]");
  const keys = Object.entries(LETTERS).filter(([letter]) => used.has(letter));
  return h("figure", { class: "chart stack" },
    h("figcaption", null, "Outcomes", h("small", null, "each bar is a run, the latest at the right; the taller, the worse")),
    drawing,
    h("ul", { class: "keys-of" }, keys.map(([, outcome]) => h("li", { class: `is-${outcome}` }, wordOf(outcome)))));
}

/** How a scenario contradicted itself lately, in words. @param {Scenario} one */
function contradictions(one) {
  const said = [one.flips && `${plural(one.flips, "change")} of verdict at one commit`, one.retried && `${one.retried} passed when executed again`];
  return `${said.filter(Boolean).join(", ")}, in ${plural(one.verdicts, "verdict")}`;
}

/** The standing of a scenario as a badge. @param {Scenario} scenario */
function standingBadge(scenario) {
  if (scenario.passed === null) return outcomeBadge("not_run", "no verdict");
  return scenario.passed ? outcomeBadge("passed", "passing") : outcomeBadge("failed", "failing");
}

/**
 * How many runs are drawn.
 * @param {() => void} changed
 */
function windowField(changed) {
  const counts = [30, 100, 300, 1000, 3000].filter((count) => count < runs.length);
  if (!counts.length) return null;
  const field = h("select", { class: "field", onchange: () => { shown = Number(field.value); changed(); announce(`the last ${shown} runs are drawn`); } },
    counts.map((count) => h("option", { value: count, selected: count === shown }, `last ${count.toLocaleString("en")}`)),
    h("option", { value: runs.length, selected: shown === runs.length }, `all ${runs.length.toLocaleString("en")}`));
  return h("label", { class: "labelled" }, "Runs that are drawn", field);
}
