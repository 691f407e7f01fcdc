// Puts the index together.

function videoColumns(videos, lines) {
  const size = report.bins * report.emotions.length;
  const number = (values, text) => ({
    kind: "number",
    value: (video) => values[video],
    show: (video) => [videos.status[video] === "failed" ? "" : values[video] === null ? "–" : text(values[video])],
  });
  return [
    { title: "Video", kind: "video", value: (video) => videos.video[video], show: (video) => nameCell(videos, video) },
    {
      title: "Course",
      kind: "course",
      value: (video, mode) => (mode === "all" ? mostShown(videos, video)?.emotion ?? null : videos.means[report.emotions.indexOf(mode)][video]),
      show: (video, spark, mode) => courseCell(videos, video, spark, mode, lines.subarray(video * size, (video + 1) * size)),
    },
    { title: "Mostly", kind: "mostly", value: (video) => mostShown(videos, video)?.share ?? null, falls: true, show: (video) => mostlyCell(videos, video) },
    { title: "Length", falls: true, ...number(videos.duration_s, durationText) },
    { title: "Face", falls: true, ...number(videos.face_share, percent) },
    { title: "Usable", falls: true, ...number(videos.usable_share, percent) },
    { title: "Tracks", falls: true, ...number(videos.tracks, countText) },
    { title: "Warnings", kind: "marks", falls: true, value: (video) => weight(videos, video), show: (video) => markCell(videos, video) },
  ];
}

function nameCell(videos, video) {
  const name = videos.video[video];
  const page = videos.page[video];
  const file = name.lastIndexOf("/") + 1;
  const folder = element("span", { class: "folder", text: name.slice(0, file) });
  const shown = element("bdi", { class: "name" }, ...(file ? [folder] : []), element("span", { class: "file", text: name.slice(file) }));
  if (page) return [element("a", { href: page, title: name, "aria-label": name }, shown)];
  return [element("span", { tabindex: "0", title: name }, shown)];
}

// A failed video says why, in the place of its course.
function courseCell(videos, video, spark, mode, line) {
  const failed = cautionsOf(videos, video).find(([level]) => level === "failed");
  if (failed) return [element("span", { class: "why", text: failed[1], title: failed[1] })];
  if (line.every((value) => value === NOTHING)) return [element("span", { class: "soft", text: "no face" })];
  spark.show(line, mode);
  spark.box.title = report.emotions.map((emotion, at) => `${emotion} ${percent(videos.means[at][video])}`).join(", ");
  const mean = mode === "all" ? null : element("span", { class: "mean", text: percent(videos.means[report.emotions.indexOf(mode)][video]) });
  return [element("div", { class: "course-box" }, spark.box, ...(mean ? [mean] : []))];
}

function mostlyCell(videos, video) {
  const most = mostShown(videos, video);
  if (videos.status[video] === "failed") return [""];
  return most ? [element("span", { class: "with-dot" }, dot(most.emotion), `${most.emotion} ${percent(most.share)}`)] : ["–"];
}

function cautionsOf(videos, video) {
  return videos.cautions[video].map((number) => report.sentences[number]);
}

function weight(videos, video) {
  const weights = { failed: 10000, warning: 100, note: 1 };
  return cautionsOf(videos, video).reduce((sum, [level]) => sum + weights[level], 0);
}

function markCell(videos, video) {
  return cautionsOf(videos, video).map(([level, text]) => {
    const said = `${LEVELS[level]}: ${text}`;
    return element("span", { class: "mark", title: said }, levelSign(level), element("span", { class: "unseen", text: said }));
  });
}

class Index {
  constructor(videos, lines) {
    this.videos = videos;
    this.columns = videoColumns(videos, lines);
    this.rows = new VideoRows(this.columns);
    this.filters = new Filters(videos, () => this.update());
    this.sorted = 0;
    this.falling = false;
    this.mode = this.modeChoice();
    this.headers = this.columns.map((column, at) =>
      element("th", { scope: "col", class: column.kind }, element("button", { class: "sort", text: column.title, onclick: () => this.sort(at) }))
    );
    this.rows.setHeaders(this.headers);
  }

  modeChoice() {
    const options = [["all", "All expressions"], ...report.emotions.map((emotion) => [emotion, emotion])];
    const select = element("select", { onchange: () => this.setMode(select.value) }, options.map(([value, text]) => element("option", { value, text })));
    select.label = element("label", { class: "choice" }, element("span", { text: "Course of" }), select);
    return select;
  }

  setMode(mode) {
    this.rows.setMode(mode);
    if (this.sorted === 1) this.update();
  }

  sort(at) {
    this.falling = this.sorted === at ? !this.falling : Boolean(this.columns[at].falls || (at === 1 && this.mode.value !== "all"));
    this.sorted = at;
    this.update();
  }

  update() {
    const { value } = this.columns[this.sorted];
    const values = this.videos.video.map((name, video) => value(video, this.mode.value));
    const sign = this.falling ? -1 : 1;
    const order = this.filters.chosen();
    const missing = (video) => values[video] === null || values[video] === undefined;
    const byName = new Intl.Collator("en", { numeric: true });
    const compare = (one, other) => {
      if (missing(one) || missing(other)) return missing(one) - missing(other);
      if (typeof values[one] === "string") return sign * byName.compare(values[one], values[other]);
      return sign * (values[one] - values[other]);
    };
    order.sort((one, other) => compare(one, other) || one - other);
    this.headers.forEach((header, at) => {
      if (at === this.sorted) header.setAttribute("aria-sort", this.falling ? "descending" : "ascending");
      else header.removeAttribute("aria-sort");
    });
    this.rows.setOrder(order);
  }
}

function legend() {
  return element("div", { class: "legend soft" }, report.emotions.map((emotion) => element("span", { class: "with-dot" }, dot(emotion), emotion)));
}

function indexHeader(videos, filters) {
  const sum = (values) => values.reduce((total, value) => total + (value ?? 0), 0);
  const count = (level) => filters.count((video) => filters.has(video, level));
  const facts = [
    ["Videos", countText(videos.video.length)],
    ["Length", durationText(sum(videos.duration_s))],
    ["Frames", countText(sum(videos.frames))],
    ["Tracks", countText(sum(videos.tracks))],
    ["With warnings", countText(count("warning"))],
    ["Failed", countText(count("failed"))],
  ];
  const tiles = facts.map(([name, value]) => element("div", { class: "tile" }, element("dt", { text: name }), element("dd", { text: value })));
  return element("header", {}, element("h1", {}, nameElement(report.title)), element("dl", { class: "tiles" }, tiles));
}

// Means over all videos with their intervals, as bars with whiskers.
function totalPanel(videos) {
  const total = report.total;
  if (!total) return null;
  const bars = report.emotions.map((emotion) => {
    const [mean, low, high] = [total[`mean_${emotion}`], total[`mean_${emotion}_low`], total[`mean_${emotion}_high`]];
    const bar = element("span", { class: `bar ${emotion}` });
    bar.style.width = `${mean * 100}%`;
    const whisker = element("span", { class: "whisker", hidden: low === null || low === undefined });
    whisker.style.left = `${(low ?? 0) * 100}%`;
    whisker.style.width = `${((high ?? 0) - (low ?? 0)) * 100}%`;
    const range = low === null || low === undefined ? "" : `${percent(low)} to ${percent(high)}`;
    return element(
      "div",
      { class: "total-row" },
      element("span", { text: emotion }),
      element("span", { class: "bar-track", "aria-hidden": "true" }, bar, whisker),
      element("span", { class: "number", text: percent(mean, 1) }),
      element("span", { class: "number soft", text: range })
    );
  });
  const rests = `Means over ${durationText(total.weight_s)} of usable faces in ${plural(total.n_videos, "video")}, weighted by time. `;
  const interval = "Whiskers: 95 % interval with videos drawn again at random; it says how far the mean would move with other videos of the same kind, not how right the model is.";
  return element(
    "details",
    { class: "panel total", open: videos.video.length <= 50 },
    element("summary", {}, element("h2", { text: "All videos together" })),
    element("div", { class: "total-rows" }, bars),
    element("p", { class: "soft", text: rests + interval })
  );
}

async function main() {
  const { line } = await unpack(report.lines);
  const { videos } = report;
  const index = new Index(videos, line);
  const mixed = report.settings_differ
    ? cautionList([{ level: "warning", text: "These videos were not all analysed with the same settings or model: compare them with care." }])
    : null;
  document.getElementById("page").append(
    indexHeader(videos, index.filters),
    ...[mixed].filter(Boolean),
    element(
      "main",
      {},
      ...[totalPanel(videos)].filter(Boolean),
      element("section", { class: "panel", "aria-label": "Videos" }, index.filters.element, element("div", { class: "tool-row" }, index.mode.label, legend()), index.rows.element)
    ),
    element("footer", { class: "soft", text: "Made by vidfer report. Nothing in this page leaves your computer." }),
    announcer
  );
  index.update();
  document.documentElement.dataset.ready = "yes";
}

main();
