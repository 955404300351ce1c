// Two runs side by side, from the rows of _comparison_page.py: the head, the tables, the times.

const [head, ...rows] = await readData();
const tables = rows.slice(0, head.tables);
const times = rows.slice(head.tables);

/** @param {string} side @param {{run: string, begin: number, outcome: string, commit: string | null, labels: Record<string, string>}} run */
function sideCard(side, run) {
  return h("section", { class: "card stack" },
    h("h2", null, side),
    h("div", { class: "cluster" }, outcomeBadge({ unfinished: "interrupted", invalid: "error", empty: "not_run" }[run.outcome] ?? run.outcome, run.outcome), h("strong", null, run.run),
      Object.entries(run.labels).map(([name, value]) => h("span", { class: "chip" }, `${name}: ${value}`))),
    h("dl", { class: "facts" }, h("dt", null, "Begin"), h("dd", null, formatMoment(run.begin)),
      h("dt", null, "Commit"), h("dd", null, run.commit ? h("code", null, run.commit) : "unknown")));
}

/** @param {{title: string, columns: string[], bad: boolean, rows: {cells: string[], note: string | null}[]}} table */
function changesCard({ title, columns, bad, rows: lines }) {
  return h("section", { class: `card${bad ? " is-failed" : ""}` },
    h("h2", null, bad && h("span", { class: "mark-of", "aria-hidden": "true" }, "✕ "), `${title} (${lines.length.toLocaleString("en")})`),
    some(lines, 50, (few) => listTable(title, columns, few.map(({ cells: [scenario, ...cells], note }) =>
      [h("span", null, h("span", { class: "id" }, scenario), note && h("span", { class: "why" }, note)), ...cells]))));
}

function timesCard() {
  return h("section", { class: "card" }, h("h2", { class: "visually-hidden" }, "Times"), scatterChart({
    title: "Times before and after", note: "a point for each scenario that passed in both runs", description: plural(times.length, "scenario"),
    x: { name: "Before", format: formatDuration }, y: { name: "After", format: formatDuration },
    points: times.map(([id, before, after]) => ({ x: before, y: after, tip: `${id}\nbefore ${formatDuration(before)}, after ${formatDuration(after)}` })),
  }));
}

document.getElementById("app")?.append(
  h("header", { class: "masthead" }, h("div", { class: "wrap" },
    h("div", { class: "cluster" }, h("p", { class: "brand grow" }, "agentrig · compare"), shortcutsButton([]), themeButton()),
    h("h1", null, head.headline))),
  h("main", { id: "main", class: "wrap stack" },
    h("div", { class: "grid" }, sideCard("Before", head.before), sideCard("After", head.after)),
    tables.map(changesCard),
    h("section", { class: "card" }, h("h2", null, "Durations"), listTable("Durations", ["What", "Before#", "After#", "Change#"], head.totals)),
    times.length > 1 && timesCard()));
document.body.dataset.ready = "true";
