// Controls: of the clock below the picture, and of what the timeline shows.

const RATES = [0.25, 0.5, 1, 1.5, 2, 4];

function playerControls(player, overlay) {
  const play = element("button", { class: "play", onclick: () => player.toggle() });
  const time = element("output", { class: "time", "aria-live": "off" });
  const slider = element("input", {
    type: "range",
    min: 0,
    max: player.length_s,
    step: "any",
    value: 0,
    "aria-label": "Position",
    oninput: () => player.seek(Number(slider.value)),
  });
  const rate = element(
    "select",
    { "aria-label": "Speed", onchange: () => player.setRate(Number(rate.value)) },
    RATES.map((one) => element("option", { value: one, text: `${one}×` }))
  );
  rate.value = "1";
  const boxes = checkbox("Boxes", true, (shown) => {
    overlay.shown = shown;
    overlay.draw();
  });
  const sound = checkbox("Sound", false, (on) => (overlay.video.muted = !on));
  const update = () => {
    time.textContent = `${timeText(player.time_s)} / ${timeText(player.length_s)}`;
    slider.value = player.time_s;
    slider.setAttribute("aria-valuetext", timeText(player.time_s));
  };
  const state = () => {
    play.textContent = player.playing ? "❚❚" : "▶";
    play.setAttribute("aria-label", player.playing ? "Pause" : "Play");
  };
  player.on("time", update);
  player.on("state", state);
  player.on("picture", () => (sound.hidden = !player.video));
  sound.hidden = true;
  update();
  state();
  return element("div", { class: "controls" }, play, slider, time, rate, boxes, sound);
}

function checkbox(text, checked, onchange, ...extra) {
  const input = element("input", { type: "checkbox", checked, onchange: () => onchange(input.checked) });
  return element("label", { class: "check" }, input, ...extra, element("span", { text }));
}

function timelineToolbar(player, view, choosable) {
  return element(
    "div",
    { class: "toolbar", role: "group", "aria-label": "What the timeline shows" },
    emotionButtons(view),
    element("div", { class: "tool-row" }, modeButtons(view), zoomButtons(player, view), trackChoice(view, choosable))
  );
}

function emotionButtons(view) {
  const buttons = report.emotions.map((emotion, at) => {
    const button = element(
      "button",
      {
        class: "chip",
        "aria-pressed": "true",
        title: `Show or hide ${emotion} (${at + 1}); double click: only this one`,
        onclick: () => view.toggleEmotion(emotion),
        ondblclick: () => view.onlyEmotion(emotion),
      },
      swatch(emotion),
      emotion
    );
    view.on("display", () => button.setAttribute("aria-pressed", String(view.emotions.has(emotion))));
    return button;
  });
  return element("div", { class: "chips", role: "group", "aria-label": "Expressions" }, buttons);
}

function modeButtons(view) {
  const modes = { smooth: `Smoothed (${report.smooth_s} s)`, raw: report.stretch_s ? "Raw, with range" : "Raw", both: "Both" };
  const buttons = Object.entries(modes).map(([mode, text]) => {
    const button = element("button", { text, "aria-pressed": String(view.mode === mode), onclick: () => view.setMode(mode) });
    view.on("display", () => button.setAttribute("aria-pressed", String(view.mode === mode)));
    return button;
  });
  return element("div", { class: "segments", role: "group", "aria-label": "Smoothing" }, buttons);
}

function zoomButtons(player, view) {
  const span = element("output", { class: "soft span", "aria-live": "off" });
  const update = () => (span.textContent = `${timeText(view.from)} to ${timeText(view.to)}`);
  view.on("span", update);
  update();
  return element(
    "div",
    { class: "segments", role: "group", "aria-label": "Zoom" },
    element("button", { text: "−", "aria-label": "Zoom out", onclick: () => view.zoom(0.5, player.time_s) }),
    element("button", { text: "+", "aria-label": "Zoom in", onclick: () => view.zoom(2, player.time_s) }),
    element("button", { text: "Whole video", onclick: () => view.reset() }),
    span
  );
}

function trackChoice(view, choosable) {
  if (choosable.length < 2) return null;
  const summary = element("summary");
  const update = () => (summary.textContent = `Tracks (${view.tracks.size} of ${countText(choosable.length)})`);
  const boxes = choosable.map((track) =>
    checkbox(`${track.name}, ${durationText(track.seen_s)}`, view.tracks.has(track), () => view.toggleTrack(track))
  );
  view.on("tracks", update);
  update();
  return element("details", { class: "track-choice" }, summary, element("div", { class: "track-list" }, boxes));
}
