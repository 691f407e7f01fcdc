// Puts the page of one video together.

// A longer list of tracks to choose from would serve nobody.
const MOST_CHOICES = 100;

function pageHeader() {
  const { manifest, links, summary } = report;
  const share = manifest.frames_analysed ? manifest.frames_with_face / manifest.frames_analysed : null;
  const facts = [
    ["Length", durationText(manifest.duration_s)],
    ["Frames", countText(manifest.frames_analysed)],
    ["With a face", percent(share)],
    ["Tracks", countText(manifest.tracks)],
    ["Usable", percent(summary.usable_share)],
    ["Confidence", percent(summary.mean_confidence)],
  ];
  const tiles = facts.map(([name, value]) => element("div", { class: "tile" }, element("dt", { text: name }), element("dd", { text: value })));
  return element(
    "header",
    {},
    pageLinks(links),
    element("h1", {}, nameElement(report.video)),
    element("dl", { class: "tiles" }, tiles)
  );
}

function pageLinks(links) {
  if (!links.index) return null;
  const link = (url, text) => (url ? element("a", { href: url, text }) : element("span", { class: "soft", text }));
  return element(
    "nav",
    { "aria-label": "Videos" },
    link(links.index, "All videos"),
    link(links.previous, "← Previous"),
    link(links.next, "Next →")
  );
}

// The picture with its boxes, and what is said where there is none.
function stage(player, overlay) {
  const video = element("video", { preload: "auto", playsinline: true, tabindex: "-1", "aria-hidden": "true" });
  video.muted = true;
  overlay.video = video;
  const message = element("div", { class: "no-picture", hidden: true });
  const box = element("div", { class: "stage" }, video, overlay.canvas);
  const aspect = (report.manifest.width || 16) / (report.manifest.height || 9);
  box.style.setProperty("--aspect", aspect);
  player.on("picture", () => {
    message.hidden = !player.trouble;
    box.classList.toggle("bare", Boolean(player.trouble));
  });
  message.append(...missingPicture(player, video));
  player.load(video, report.urls);
  return [box, message];
}

function missingPicture(player, video) {
  const format = report.manifest.codec ? ` (${report.manifest.codec})` : "";
  const text = `The picture cannot be shown: the file is not where it was, or this browser cannot play its format${format}. All else works without it.`;
  const file = element("input", { type: "file", accept: "video/*", class: "unseen", id: "video-file" });
  file.addEventListener("change", () => {
    if (file.files.length) player.load(video, [URL.createObjectURL(file.files[0])]);
  });
  return [element("p", { text }), file, element("label", { for: "video-file", class: "button", text: "Choose the file" })];
}

function timelinePanel(player, view, choosable, overview, lanes) {
  const help = keyHelp();
  bindKeys(player, view, help);
  const hint = "Click: go there. Drag: zoom. Double click: whole video. Stripes: not usable or lost.";
  return panel(
    "Timeline",
    "timeline",
    overview.element,
    timelineToolbar(player, view, choosable),
    lanes.element,
    element("div", { class: "hint-row" }, element("p", { class: "soft", text: hint }), help)
  );
}

async function main() {
  const tracks = tracksOf(await unpack(report.points));
  const length_s = lengthOf(tracks);
  const player = new Player(length_s);
  const rows = rowsOf(tracks);
  const choosable = rows === tracks ? tracks : [...rows, ...longestFirst(tracks).slice(0, MOST_CHOICES)];
  const view = new View(length_s, rows);
  const choice = new Choice(tracks);
  const now = new NowPanel(player, tracks, choice);
  const overlay = new Overlay(player, tracks, choice);
  const overview = new Overview(rows, player, view);
  const lanes = new Lanes(choosable, player, view);
  const watch = element("div", { class: "watch" }, stage(player, overlay), playerControls(player, overlay));
  document.getElementById("page").append(
    pageHeader(),
    ...[cautionList(report.cautions)].filter(Boolean),
    element(
      "main",
      {},
      element("div", { class: "top" }, watch, now.element),
      timelinePanel(player, view, choosable, overview, lanes),
      element(
        "div",
        { class: "columns" },
        ...[episodesPanel(player), eventsPanel(player), tracksPanel(), meansPanel(), madePanel()].filter(Boolean)
      )
    ),
    element("footer", { class: "soft", text: "Made by vidfer report. Nothing in this page leaves your computer." }),
    tooltip,
    announcer
  );
  overview.mount();
  lanes.fill();
  player.on("time", () => player.playing && view.keepInside(player.time_s));
  document.documentElement.dataset.ready = "yes";
}

main();
