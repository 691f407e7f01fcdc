// The table of all videos. Only rows in sight are in the page, so that ten thousand open at once.

const ROW_HEIGHT_PX = 48;
const SPARE_ROWS = 6;
const PRINTED_ROWS = 500;

class VideoRows {
  constructor(columns) {
    Object.assign(this, { columns, order: [], mode: "all", made: new Map() });
    this.spares = [];
    this.head = element("tr");
    this.above = element("tbody", { class: "spacer", "aria-hidden": "true" }, element("tr", {}, element("td")));
    this.body = element("tbody");
    this.below = element("tbody", { class: "spacer", "aria-hidden": "true" }, element("tr", {}, element("td")));
    this.table = element(
      "table",
      { class: "rows" },
      element("caption", { class: "unseen", text: "Videos" }),
      element("thead", {}, this.head),
      this.above,
      this.body,
      this.below
    );
    this.element = element("div", { class: "rows-box", tabindex: "0", role: "region", "aria-label": "Table of videos" }, this.table);
    this.element.addEventListener("scroll", () => this.fill());
    this.table.addEventListener("keydown", (event) => this.walk(event));
    addEventListener("resize", () => this.fill());
    addEventListener("beforeprint", () => this.fill(PRINTED_ROWS));
    addEventListener("afterprint", () => this.fill());
    onColours(() => [...this.made.values()].forEach((row) => row.spark.redraw()));
  }

  // Headers are made by the page, as they sort.
  setHeaders(headers) {
    this.head.replaceChildren(...headers);
  }

  setOrder(order) {
    this.order = order;
    this.table.setAttribute("aria-rowcount", order.length + 1);
    this.element.scrollTop = 0;
    this.clear();
    this.fill();
  }

  setMode(mode) {
    this.mode = mode;
    this.clear();
    this.fill();
  }

  clear() {
    this.spares.push(...this.made.values());
    this.body.replaceChildren();
    this.made.clear();
  }

  // Puts rows in sight into the page and takes the others out.
  fill(least = 0) {
    const height = this.element.clientHeight || innerHeight;
    const first = Math.max(Math.floor(this.element.scrollTop / ROW_HEIGHT_PX) - SPARE_ROWS, 0);
    const wanted = Math.ceil(height / ROW_HEIGHT_PX) + 2 * SPARE_ROWS;
    const last = Math.min(least ? least : first + wanted, this.order.length);
    const from = least ? 0 : first;
    for (const [place, row] of this.made) {
      if (place >= from && place < last) continue;
      // The focus must not vanish with a row that scrolls out of sight.
      if (row.element.contains(document.activeElement)) this.element.focus({ preventScroll: true });
      row.element.remove();
      this.made.delete(place);
      this.spares.push(row);
    }
    for (let place = from; place < last; place += 1) if (!this.made.has(place)) this.insert(place);
    this.above.firstChild.style.height = `${from * ROW_HEIGHT_PX}px`;
    this.below.firstChild.style.height = `${(this.order.length - last) * ROW_HEIGHT_PX}px`;
  }

  insert(place) {
    const row = this.spares.pop() ?? this.make();
    const video = this.order[place];
    row.element.setAttribute("aria-rowindex", place + 2);
    row.element.dataset.place = place;
    this.columns.forEach((column, at) => row.cells[at].replaceChildren(...column.show(video, row.spark, this.mode)));
    this.made.set(place, row);
    const after = [...this.body.children].find((other) => Number(other.dataset.place) > place);
    this.body.insertBefore(row.element, after ?? null);
  }

  make() {
    const cells = this.columns.map((column) => element("td", { class: column.kind }));
    return { cells, spark: new Spark(), element: element("tr", {}, cells) };
  }

  // Arrows go from video to video.
  walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = event.target.closest("tr[data-place]");
    if (!step || !row) return;
    event.preventDefault();
    const place = Number(row.dataset.place) + step;
    if (place < 0 || place >= this.order.length) return;
    const top = place * ROW_HEIGHT_PX;
    const room = this.element.clientHeight - 2 * ROW_HEIGHT_PX;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top > this.element.scrollTop + room) this.element.scrollTop = top - room;
    this.fill();
    this.made.get(place)?.element.querySelector("a, [tabindex]")?.focus();
  }
}
