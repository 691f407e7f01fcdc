// Tables and words below the timeline.

function panel(title, id, ...content) {
  const heading = element("h2", { id: `${id}-title`, text: title });
  return element("section", { class: "panel", id, "aria-labelledby": `${id}-title` }, heading, ...content);
}

function seekButton(player, time_s) {
  return element("button", {
    class: "plain time-link",
    text: timeText(time_s, 2),
    "aria-label": `Go to ${timeText(time_s, 2)}`,
    onclick: () => player.seek(time_s),
  });
}

function emotionCell(emotion) {
  return element("span", { class: "with-dot" }, dot(emotion), emotion);
}

// An episode stands as [track, emotion, onset, offset, duration, peak time, peak, mean].
function episodesPanel(player) {
  const columns = [
    { title: "Onset", numeric: false, value: (row) => row[2], cell: (row) => seekButton(player, row[2]) },
    { title: "Expression", text: (row) => report.emotions[row[1]], cell: (row) => emotionCell(report.emotions[row[1]]) },
    { title: "Track", numeric: true, text: (row) => String(row[0]), value: (row) => row[0] },
    { title: "Duration", numeric: true, text: (row) => `${row[4].toFixed(2)} s`, value: (row) => row[4] },
    { title: "Peak", numeric: true, text: (row) => percent(row[6]), value: (row) => row[6] },
    { title: "Mean", numeric: true, text: (row) => percent(row[7]), value: (row) => row[7] },
  ];
  if (!report.episodes.length) {
    return panel("Episodes", "episodes", element("p", { class: "soft", text: "No expression lasted long enough to be an episode." }));
  }
  const table = new SortableTable("Episodes", columns, report.episodes, { most: 12, onRow: (row) => player.seek(row[2]) });
  const left = report.episodes_left_out;
  return panel(
    `Episodes (${countText(report.episodes.length + left)})`,
    "episodes",
    table.element,
    left ? element("p", { class: "soft", text: `${plural(left, "shorter episode")} left out.` }) : null
  );
}

function eventsPanel(player) {
  if (!report.events.length) return null;
  const columns = [
    { title: "Start", value: (row) => row[0], cell: (row) => seekButton(player, row[0]) },
    { title: "Label", text: (row) => row[2] ?? "" },
    { title: "Duration", numeric: true, text: (row) => `${(row[1] - row[0]).toFixed(2)} s`, value: (row) => row[1] - row[0] },
  ];
  const table = new SortableTable("Events", columns, report.events, { most: 12, onRow: (row) => player.seek(row[0]) });
  return panel(`Events (${countText(report.events.length)})`, "events", table.element);
}

function sharesOf(summary) {
  return report.emotions.map((emotion) => summary[`share_${emotion}`]);
}

function tracksPanel() {
  if (!report.tracks.length) return null;
  const usable = (row) => (row.face_s ? row.usable_s / row.face_s : null);
  const columns = [
    { title: "Track", text: (row) => String(row.track), value: (row) => row.track },
    { title: "In picture", numeric: true, text: (row) => durationText(row.face_s), value: (row) => row.face_s },
    { title: "Of it usable", numeric: true, text: (row) => percent(usable(row)), value: usable },
    { title: "Share of its usable time", value: (row) => Math.max(...sharesOf(row)), cell: (row) => stackedBar(sharesOf(row)) },
  ];
  const table = new SortableTable("Shares per track", columns, report.tracks, { most: 12 });
  const hint = "How long each expression was the most likely one. A track is one face followed through the video; a person who leaves and returns gets a new one.";
  return panel("Tracks", "tracks", table.element, element("p", { class: "soft", text: hint }));
}

function meansPanel() {
  const summary = report.summary;
  const rows = report.emotions.map((emotion) => ({ emotion, mean: summary[`mean_${emotion}`], share: summary[`share_${emotion}`], first: summary[`first_onset_${emotion}_s`] }));
  const columns = [
    { title: "Expression", text: (row) => row.emotion, cell: (row) => emotionCell(row.emotion) },
    { title: "Mean", numeric: true, text: (row) => percent(row.mean, 1), value: (row) => row.mean },
    { title: "Share of time", numeric: true, text: (row) => percent(row.share, 1), value: (row) => row.share },
    { title: "First onset", numeric: true, text: (row) => timeText(row.first), value: (row) => row.first },
  ];
  const table = new SortableTable("Whole video", columns, rows, {});
  return panel("Whole video", "means", table.element, uncertaintyText());
}

function uncertaintyText() {
  const { summary } = report;
  const facts = [
    ["Rests on", `${durationText(summary.usable_s)} of usable face out of ${durationText(summary.face_s)} with a face; ${durationText(summary.analysed_s)} analysed.`],
    ["Confidence", `${percent(summary.mean_confidence)} on average: the probability of the most likely expression. Near 100 % the model is sure, near 30 % it can hardly choose.`],
    ["Usable", `${percent(summary.usable_share)} of the analysed time shows a face that is large, sharp, bright and frontal enough for the quality gate. Averages leave the others out; stripes mark them in the timeline.`],
    ["Interval", "None for one video: an interval takes several people or videos, as the frames of one face are too alike to tell how far a mean can be trusted. The index of several videos has them."],
    ["Meaning", "What a face shows is not what a person feels. Probabilities were calibrated on the model's own pictures; other material can be off."],
  ];
  return definitions(facts);
}

function definitions(pairs) {
  const items = pairs.map(([term, text]) => element("div", {}, element("dt", { text: term }), element("dd", { text })));
  return element("dl", { class: "facts" }, items);
}

function madePanel() {
  const { manifest, made, settings } = report;
  const size = manifest.width ? `${manifest.width} × ${manifest.height} px, ${manifest.codec}` : "–";
  const pairs = [
    ["Model", `${made.model ?? "–"} (weights SHA-256 ${made.weights_sha256 ?? "unknown"})`],
    ["Program", `vidfer ${made.version ?? "?"}, on ${made.device ?? "?"} in ${made.precision ?? "?"}, decoder ${made.decoder ?? "?"}`],
    ["Analysed", made.created ?? "–"],
    ["Video file", `${manifest.path} (${size})`],
    ["Frames", `${countText(manifest.frames_analysed)} analysed, ${countText(manifest.frames_with_face)} with a face, ${countText(manifest.bad_packets ?? 0)} damaged packets`],
    ["Lost", lostText(manifest.lost_ranges_s)],
    ["Settings", `fingerprint ${manifest.settings_id ?? "unknown"}`],
  ];
  const rows = Object.entries(settings).map(([name, value]) => element("tr", {}, element("th", { scope: "row", text: name }), element("td", { text: String(value ?? "–") })));
  const all = element("details", {}, element("summary", { text: "All settings" }), element("table", { class: "settings" }, element("tbody", {}, rows)));
  return panel("How it was made", "made", definitions(pairs), all, drawnText());
}

function lostText(ranges) {
  if (!ranges.length) return "nothing";
  return ranges.map(([start, end]) => `${timeText(start, 2)} to ${timeText(end, 2)}`).join(", ");
}

function drawnText() {
  if (!report.stretch_s) return element("p", { class: "soft", text: "Every analysed frame is in this page." });
  const text = `This video is long: each point stands for ${report.stretch_s.toFixed(2)} s (mean, with the least and the largest value when raw values are shown), and boxes change as often. Tables are made from all frames.`;
  return element("p", { class: "soft", text });
}
