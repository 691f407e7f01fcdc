// The keyboard: all that the mouse can do with the clock and the timeline.

const KEYS = [
  ["Space", "play or pause"],
  ["← →", "one second back or on; with Shift five"],
  [", .", "one frame back or on"],
  ["Home End", "to the start or the end"],
  ["+ −", "zoom in or out; 0: whole video"],
  ["1 to 7", "show or hide an expression"],
  ["S", "smoothed, raw or both"],
  ["?", "show this list"],
];

function bindKeys(player, view, help) {
  const frame_s = frameSpacing();
  const modes = ["smooth", "raw", "both"];
  const actions = {
    " ": () => player.toggle(),
    ArrowLeft: (event) => player.seek(player.time_s - (event.shiftKey ? 5 : 1)),
    ArrowRight: (event) => player.seek(player.time_s + (event.shiftKey ? 5 : 1)),
    ",": () => player.seek(player.time_s - frame_s),
    ".": () => player.seek(player.time_s + frame_s),
    Home: () => player.seek(0),
    End: () => player.seek(player.length_s),
    "+": () => view.zoom(2, player.time_s),
    "=": () => view.zoom(2, player.time_s),
    "-": () => view.zoom(0.5, player.time_s),
    0: () => view.reset(),
    s: () => view.setMode(modes[(modes.indexOf(view.mode) + 1) % modes.length]),
    "?": () => (help.open = !help.open),
  };
  report.emotions.forEach((emotion, at) => (actions[at + 1] = () => view.toggleEmotion(emotion)));
  document.addEventListener("keydown", (event) => {
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey || hasOwnKeys(event.target, event.key)) return;
    event.preventDefault();
    action(event);
  });
}

// Buttons keep their space, sliders their arrows, and fields all keys.
function hasOwnKeys(target, key) {
  if (target.matches("select, input:not([type=checkbox], [type=range]), textarea")) return true;
  if (target.matches("input[type=range]")) return key.startsWith("Arrow") || key === "Home" || key === "End";
  return key === " " && target.matches("button, summary, input, a");
}

function frameSpacing() {
  const { frames_analysed, duration_s } = report.manifest;
  return frames_analysed && duration_s ? duration_s / frames_analysed : 0.04;
}

function keyHelp() {
  const rows = KEYS.map(([keys, text]) => element("div", {}, element("dt", {}, element("kbd", { text: keys })), element("dd", { text })));
  return element("details", { class: "key-help" }, element("summary", { text: "Keys" }), element("dl", {}, rows));
}
