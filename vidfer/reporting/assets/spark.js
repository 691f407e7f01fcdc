// A video's course as a small chart: all emotions stacked to 100 %, or one of them as a line.

const SPARK_PX = { width: 220, height: 34 };
const NOTHING = 255;

class Spark {
  constructor() {
    this.box = element("div", { class: "spark" });
    this.mode = null;
  }

  // line: uint8 of bins x emotions; mode: "all" or an emotion.
  show(line, mode) {
    if (mode !== this.mode) {
      if (this.plot) this.plot.destroy();
      this.mode = mode;
      this.plot = new uPlot(this.options(), this.data(line), this.box);
    } else {
      this.plot.setData(this.data(line));
    }
  }

  data(line) {
    const { bins, steps, emotions } = report;
    const at = (bin, emotion) => line[bin * emotions.length + emotion];
    // Each bin has two points, so that it is a step as wide as the time that it stands for.
    const times = Array.from({ length: bins * 2 }, (nothing, place) => (place + 1) >> 1);
    const step = (values) => values.flatMap((value) => [value, value]);
    const known = Array.from({ length: bins }, (nothing, bin) => at(bin, 0) !== NOTHING);
    if (this.mode !== "all") {
      const number = emotions.indexOf(this.mode);
      return [times, step(known.map((is, bin) => (is ? at(bin, number) / steps : null)))];
    }
    const sums = new Float64Array(bins);
    const layers = emotions.map((emotion, number) =>
      step(known.map((is, bin) => (is ? (sums[bin] += at(bin, number) / steps) : null)))
    );
    return [times, ...layers.reverse()];
  }

  options() {
    const all = this.mode === "all";
    const layers = all ? [...report.emotions].reverse() : [this.mode];
    return {
      ...SPARK_PX,
      padding: [2, 0, 2, 0],
      legend: { show: false },
      cursor: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: { x: { time: false, range: [0, report.bins] }, y: { range: [0, 1] } },
      series: [{}, ...layers.map((emotion) => this.series(emotion, all))],
    };
  }

  // The highest sum is drawn first, so that each lower one covers the rest of it.
  series(emotion, all) {
    return {
      stroke: all ? null : () => colours[emotion],
      width: all ? 0 : 1.6,
      fill: () => (all ? colours[emotion] : withAlpha(colours[emotion], 0.25)),
      points: { show: false },
      spanGaps: false,
    };
  }

  redraw() {
    if (this.plot) this.plot.redraw(false);
  }
}
