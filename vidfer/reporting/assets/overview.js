// The whole video at a glance: who is in the picture when, and what they mostly express.

const ROW_PX = 26;

class Overview {
  constructor(rows, player, view) {
    Object.assign(this, { player, view, tracks: rows });
    this.rows = [...(report.events.length ? ["Events"] : []), ...this.tracks.map((track) => track.name)];
    if (!this.rows.length) this.rows = ["No face"];
    this.runs = this.tracks.map((track) => track.runs());
    this.box = element("div", { class: "overview-plot" });
    const together = rows.some((row) => row.members) ? "Tracks that follow each other share a row. " : "";
    const left = report.tracks_left_out;
    const note = together + (left ? `${plural(left, "short track")} left out.` : "");
    this.element = element(
      "figure",
      { class: "overview", "aria-label": "Most likely expression of each track over the whole video" },
      this.box,
      element("figcaption", { class: "soft", text: note })
    );
  }

  mount() {
    this.before = element("div", { class: "outside" });
    this.after = element("div", { class: "outside" });
    this.plot = new uPlot(this.options(), [[0, this.view.length_s], [null, null]], this.box);
    this.plot.over.append(this.before, this.after);
    this.move = steer(this.plot, this.player, this.view);
    this.plot.over.addEventListener("mousemove", (event) => this.hover(event));
    const update = () => (this.move(), this.shadeOutside());
    this.player.on("time", this.move);
    this.view.on("span", update);
    onColours(() => this.plot.redraw(false));
    new ResizeObserver(() => {
      const width = this.box.clientWidth;
      if (width && width !== this.plot.width) this.plot.setSize({ width, height: this.plot.height });
      update();
    }).observe(this.box);
    update();
  }

  options() {
    const rows = this.rows.length;
    return {
      width: Math.max(this.box.clientWidth, 100),
      height: rows * ROW_PX + 38,
      padding: [4, RIGHT_PX, 0, 0],
      legend: { show: false },
      scales: { x: { time: false, range: [0, this.view.length_s] }, y: { range: [0, rows] } },
      series: [{}, { show: true, points: { show: false } }],
      axes: [timeAxis(true), this.nameAxis()],
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
      hooks: { draw: [(plot) => this.draw(plot)], setSelect: [(plot) => zoomToSelection(plot, this.view)] },
    };
  }

  nameAxis() {
    const rows = this.rows.length;
    return {
      font: AXIS_FONT,
      stroke: () => colours.text,
      grid: { show: false },
      ticks: { show: false },
      size: NAMES_PX,
      gap: 4,
      splits: () => this.rows.map((name, at) => rows - at - 0.5),
      values: () => this.rows,
    };
  }

  draw(plot) {
    const first = report.events.length ? 1 : 0;
    if (first) this.drawEvents(plot);
    this.runs.forEach((runs, at) => {
      for (const [start, end, kind, usable] of runs) {
        if (kind < 0) continue;
        const emotion = report.emotions[kind];
        this.segment(plot, at + first, start, end, colours[emotion], usable ? emotion : "", usable ? 1 : 0.3);
      }
    });
    hatch(plot, report.manifest.lost_ranges_s, colours.hole, 2);
  }

  drawEvents(plot) {
    for (const [start, end, label] of report.events) this.segment(plot, 0, start, end, colours.event, label, 1);
  }

  segment(plot, row, start, end, colour, text, alpha) {
    const { ctx: context } = plot;
    const dense = devicePixelRatio;
    const left = plot.valToPos(start, "x", true);
    const width = Math.max(plot.valToPos(end, "x", true) - left, dense);
    const top = plot.valToPos(this.rows.length - row, "y", true) + 3 * dense;
    const height = plot.valToPos(this.rows.length - row - 1, "y", true) - top - 3 * dense;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.globalAlpha = alpha;
    context.fillStyle = colour;
    context.fillRect(left, top, width, height);
    if (width > 6 * dense) {
      context.fillStyle = colours.panel;
      context.fillRect(left + width - dense, top, dense, height);
    }
    context.fillStyle = inkOn(colour);
    context.font = `${11 * dense}px system-ui, sans-serif`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    if (width > 30 * dense && context.measureText(text).width + 8 * dense < width) {
      context.fillText(text, left + 5 * dense, top + height / 2);
    }
    context.restore();
  }

  shadeOutside() {
    const { from, to } = this.view;
    const width = this.plot.over.clientWidth;
    const left = Math.max(this.plot.valToPos(from, "x"), 0);
    const right = Math.min(this.plot.valToPos(to, "x"), width);
    this.before.style.width = `${left}px`;
    this.after.style.left = `${right}px`;
    this.after.style.width = `${Math.max(width - right, 0)}px`;
  }

  hover(event) {
    const place = this.plot.over.getBoundingClientRect();
    const time = this.plot.posToVal(event.clientX - place.left, "x");
    const row = Math.floor((event.clientY - place.top) / (place.height / this.rows.length));
    const name = this.rows[Math.min(Math.max(row, 0), this.rows.length - 1)];
    const track = this.tracks[row - (report.events.length ? 1 : 0)];
    const head = element("strong", { text: `${track ? track.nameAt(track.at(time)) : name} at ${timeText(time)}` });
    showTooltip(event.clientX, event.clientY, head, element("span", { text: this.said(row, time) }));
  }

  said(row, time) {
    const first = report.events.length ? 1 : 0;
    if (row < first) {
      const labels = report.events.filter(([start, end]) => time >= start && time < end).map((event) => event[2]);
      return labels.join(", ") || "no event";
    }
    const track = this.tracks[row - first];
    const point = track ? track.at(time) : -1;
    const kind = point < 0 ? -1 : track.likeliest(point, "_smooth");
    if (kind < 0) return "not in the picture";
    const emotion = report.emotions[kind];
    const doubt = track.usable[point] ? "" : ", not usable";
    return `${emotion} ${percent(track.probability(emotion, point, "_smooth"))} (smoothed)${doubt}`;
  }
}
