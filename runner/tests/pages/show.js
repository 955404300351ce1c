// Shows each row as text.
const rows = await readData();
document.getElementById("app").append(h("ul", { id: "main" }, rows.map((row) => h("li", null, String(row)))));
document.body.dataset.ready = "true";
