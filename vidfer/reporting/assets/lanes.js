// One chart for each chosen track: seven lines over time.

const LANE_PX = 132;

// The kinds of line and the columns that they are drawn from, in the order of a chart's series.
function lineKinds() {
  const kinds = [["_smooth", "smooth"], ["", "raw"]];
  return report.stretch_s ? [...kinds, ["_low", "range"], ["_high", "range"]] : kinds;
}

class Lane {
  constructor(track, player, view) {
    Object.assign(this, { track, player, view, kinds: lineKinds() });
    this.box = element("div", { class: "lane-plot" });
    const usable = track.usable.reduce((sum, one) => sum + one, 0) / track.length;
    const members = track.members ? `${plural(track.members, "track")} one after the other, ` : "";
    const facts = `${members}${durationText(track.seen_s)} in the picture, ${percent(usable)} usable`;
    this.element = element(
      "figure",
      { class: "lane", "aria-label": `${track.name}, probabilities over time: ${facts}` },
      element("figcaption", {}, element("strong", { text: track.name }), element("span", { class: "soft", text: facts })),
      this.box
    );
  }

  // To be called once the element is in the page, as a chart needs a width.
  mount(last) {
    this.plot = new uPlot(this.options(last), this.data(), this.box);
    this.move = steer(this.plot, this.player, this.view);
    this.move();
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.box);
  }

  unmount() {
    this.resizing.disconnect();
    this.plot.destroy();
  }

  resize() {
    const width = this.box.clientWidth;
    if (!width || width === this.plot.width) return;
    this.plot.setSize({ width, height: this.plot.height });
    this.move();
  }

  data() {
    const lines = this.kinds.flatMap(([suffix]) => report.emotions.map((emotion) => this.track.line(emotion + suffix)));
    return [this.track.times(), ...lines];
  }

  options(last) {
    const { view } = this;
    return {
      width: Math.max(this.box.clientWidth, 100),
      height: last ? LANE_PX : LANE_PX - 22,
      padding: [6, RIGHT_PX, last ? 0 : 8, 0],
      legend: { show: false },
      scales: { x: { time: false, range: () => [view.from, view.to] }, y: { range: [-0.02, 1.02] } },
      axes: [timeAxis(last), this.shareAxis()],
      series: [{}, ...this.kinds.flatMap(([, kind]) => report.emotions.map((emotion) => this.series(emotion, kind)))],
      bands: this.bands(),
      cursor: {
        y: false,
        points: { size: 6 },
        drag: { x: true, y: false, setScale: false },
        sync: { key: "lanes", filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } },
      },
      hooks: {
        drawClear: [(plot) => this.shade(plot)],
        // Only now is it settled where a time lies.
        draw: [() => this.move?.()],
        setSelect: [(plot) => zoomToSelection(plot, view)],
        setCursor: [(plot) => this.hover(plot)],
      },
    };
  }

  shareAxis() {
    return {
      font: AXIS_FONT,
      stroke: () => colours.soft,
      grid: { stroke: () => colours.line, width: 1 },
      ticks: { show: false },
      size: NAMES_PX,
      splits: [0, 0.5, 1],
      values: (plot, splits) => splits.map((share) => `${share * 100} %`),
    };
  }

  series(emotion, kind) {
    const faint = () => kind === "raw" && this.view.mode === "both";
    return {
      label: emotion,
      show: this.shows(emotion, kind),
      scale: "y",
      stroke: kind === "range" ? null : () => withAlpha(colours[emotion], faint() ? 0.45 : 1),
      width: kind === "smooth" ? 2.2 : 1.3,
      dash: kind === "range" ? [] : DASHES[emotion],
      points: { show: kind === "range" ? false : (plot, at, first, last) => last - first < 40, size: 4 },
      spanGaps: false,
    };
  }

  bands() {
    if (!report.stretch_s) return [];
    const size = report.emotions.length;
    return report.emotions.map((emotion, at) => ({
      series: [1 + 3 * size + at, 1 + 2 * size + at],
      fill: () => withAlpha(colours[emotion], 0.16),
    }));
  }

  shows(emotion, kind) {
    const { mode, emotions } = this.view;
    if (!emotions.has(emotion)) return false;
    return mode === "both" || (kind === "smooth") === (mode === "smooth");
  }

  refresh() {
    this.plot.batch(() => {
      this.kinds.forEach(([, kind], row) =>
        report.emotions.forEach((emotion, at) => {
          const number = 1 + row * report.emotions.length + at;
          this.plot.setSeries(number, { show: this.shows(emotion, kind) });
        })
      );
    });
    this.plot.redraw(false);
  }

  // The stretch of time that is shown has changed.
  span() {
    this.plot.setScale("x", { min: this.view.from, max: this.view.to });
  }

  shade(plot) {
    const doubtful = this.track.runs().filter((run) => !run[3]);
    hatch(plot, doubtful, withAlpha(colours.soft, 0.35));
    hatch(plot, report.manifest.lost_ranges_s, withAlpha(colours.hole, 0.6), 2);
  }

  hover(plot) {
    const { idx, left, top } = plot.cursor;
    if (!plot.over.matches(":hover")) return;
    if (idx === null || idx === undefined || left < 0) {
      hideTooltip();
      return;
    }
    const size = report.emotions.length;
    const first = this.view.mode === "raw" ? 1 + size : 1;
    const values = report.emotions
      .map((emotion, at) => [emotion, plot.data[first + at][idx]])
      .filter(([emotion, value]) => value !== null && this.view.emotions.has(emotion))
      .sort((one, other) => other[1] - one[1]);
    const place = plot.over.getBoundingClientRect();
    const time = plot.data[0][idx];
    const head = element("strong", { text: `${this.track.nameAt(this.track.at(time))} at ${timeText(time, 2)}` });
    const rows = values.map(([emotion, value]) =>
      element("span", { class: "tip-row" }, dot(emotion), `${emotion}`, element("b", { text: percent(value) }))
    );
    const none = rows.length ? null : element("span", { text: "not in the picture" });
    showTooltip(place.left + left, place.top + top, head, ...rows, ...(none ? [none] : []));
  }
}


class Lanes {
  constructor(tracks, player, view) {
    Object.assign(this, { tracks, player, view, lanes: [] });
    this.element = element("div", { class: "lanes" });
    player.on("time", () => this.lanes.forEach((lane) => lane.move()));
    view.on("span", () => this.lanes.forEach((lane) => lane.span()));
    view.on("display", () => this.lanes.forEach((lane) => lane.refresh()));
    view.on("tracks", () => this.fill());
    onColours(() => this.lanes.forEach((lane) => lane.plot.redraw(false)));
  }

  fill() {
    this.lanes.forEach((lane) => lane.unmount());
    const chosen = this.tracks.filter((track) => this.view.tracks.has(track));
    this.lanes = chosen.map((track) => new Lane(track, this.player, this.view));
    const none = element("p", { class: "soft empty", text: this.tracks.length ? "No track is chosen." : "No face was found, so there is nothing to draw." });
    this.element.replaceChildren(...(chosen.length ? this.lanes.map((lane) => lane.element) : [none]));
    this.lanes.forEach((lane, at) => lane.mount(at === this.lanes.length - 1));
  }
}
