// Draws one chart of each kind from the rows of test_charts.py.
const rows = await readData();
const card = (chart) => h("section", { class: "card" }, chart);
document.getElementById("app").append(
  h("header", { class: "masthead" }, h("div", { class: "wrap cluster" }, h("h1", { class: "grow" }, "Charts"),
    Object.keys(OUTCOMES).map((outcome) => outcomeBadge(outcome)),
    shortcutsButton([{ keys: ["x"], does: "do something", run: () => announce("done") }]), themeButton())),
  h("main", { id: "main", class: "wrap stack" },
    card(lineChart({ title: "Rate", description: "of all runs", axis: "Run", labels: rows.map((row) => row.name), domain: [0, 1],
      series: [{ name: "passed", points: rows.map((row) => ({ y: row.rate, href: `#${row.name}` })) },
        { name: "score", points: rows.map((row) => ({ y: row.score })) }] })),
    card(columnChart({ title: "Outcomes", description: "of all runs", axis: "Run",
      parts: [{ name: "passed", class: "is-passed" }, { name: "failed", class: "is-failed" }],
      columns: rows.map((row) => ({ label: row.name, parts: [row.passed, row.failed] })) })),
    card(histogram({ title: "Durations", values: rows.map((row) => row.ms), format: formatDuration, what: "runs" })),
    card(histogram({ title: "All alike", values: [0.5, 0.5] })),
    card(scatterChart({ title: "Score and time", description: "of all runs", x: { name: "Time", format: formatDuration },
      y: { name: "Score" }, points: rows.map((row) => ({ x: row.ms, y: row.score, tip: row.name, href: `#${row.name}` })) })),
    card(barTable({ title: "Slowest", columns: ["Run", "Time#"], rows: rows.map((row) => ({ name: row.name, value: row.ms, text: formatDuration(row.ms) })) })),
    card(timeline({ title: "Timeline", spans: rows.map((row, index) => ({ lane: `shard ${(index % 2) + 1}`, from: index * 100,
      to: index * 100 + row.ms, name: row.name, class: "is-passed", href: `#${row.name}`, tip: row.name })) }))));
document.body.dataset.ready = "true";
