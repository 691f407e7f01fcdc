// A table that sorts by any column, from the keyboard as well.

// columns: {title, text(row), value(row), numeric, cell(row)}; `cell` makes an element itself.
class SortableTable {
  constructor(caption, columns, rows, { most = 100, onRow = null } = {}) {
    Object.assign(this, { columns, rows: [...rows], most, onRow, sorted: null, falling: false });
    this.body = element("tbody");
    this.headers = columns.map((column, number) => this.header(column, number));
    this.more = element("button", { class: "plain", onclick: () => this.showAll() });
    this.element = element(
      "div",
      { class: "table-box" },
      element(
        "table",
        {},
        element("caption", { class: "unseen", text: caption }),
        element("thead", {}, element("tr", {}, this.headers)),
        this.body
      ),
      this.more
    );
    this.fill();
  }

  header(column, number) {
    const button = element("button", {
      class: "sort",
      text: column.title,
      onclick: () => this.sort(number),
    });
    return element("th", { scope: "col", class: column.numeric ? "number" : null }, button);
  }

  sort(number) {
    this.falling = this.sorted === number ? !this.falling : Boolean(this.columns[number].numeric);
    this.sorted = number;
    const sign = this.falling ? -1 : 1;
    this.rows.sort((one, other) => sign * compareValues(...this.valuesOf(one, other)));
    this.headers.forEach((header, at) => {
      if (at === number) header.setAttribute("aria-sort", this.falling ? "descending" : "ascending");
      else header.removeAttribute("aria-sort");
    });
    this.fill();
  }

  valuesOf(...rows) {
    const column = this.columns[this.sorted];
    return rows.map((row) => (column.value ?? column.text)(row));
  }

  fill() {
    const shown = this.rows.slice(0, this.most);
    this.body.replaceChildren(...shown.map((row) => this.row(row)));
    const hidden = this.rows.length - shown.length;
    this.more.hidden = hidden === 0;
    this.more.textContent = `Show ${countText(hidden)} more`;
  }

  row(row) {
    const cells = this.columns.map((column) => {
      const properties = { class: column.numeric ? "number" : null };
      if (column.cell) return element("td", properties, column.cell(row));
      return element("td", { ...properties, text: column.text(row) });
    });
    const onclick = this.onRow ? () => this.onRow(row) : null;
    const made = element("tr", { class: onclick ? "clickable" : null }, cells);
    if (onclick) made.addEventListener("click", onclick);
    return made;
  }

  showAll() {
    this.most = Infinity;
    this.fill();
  }
}

// Missing values come last when rising; words as people sort them.
function compareValues(one, other) {
  const missing = [one, other].map((value) => value === null || value === undefined);
  if (missing[0] || missing[1]) return missing[0] - missing[1];
  if (typeof one === "string") return one.localeCompare(other, "en", { numeric: true });
  return one - other;
}
