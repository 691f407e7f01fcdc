// What of the timeline is shown: the stretch of time, the emotions, the tracks, raw or smoothed.

// No closer than this: fewer frames than can be told apart.
const CLOSEST_S = 0.2;

class View {
  constructor(length_s, rows) {
    Object.assign(this, { length_s, from: 0, to: length_s, mode: "smooth" });
    this.emotions = new Set(report.emotions);
    // The faces that are longest in the picture.
    this.tracks = new Set(longestFirst(rows).slice(0, 3));
    this.listeners = { span: [], display: [], tracks: [] };
  }

  on(kind, listener) {
    this.listeners[kind].push(listener);
  }

  tell(kind) {
    for (const listener of this.listeners[kind]) listener();
  }

  show(from, to) {
    const wide = Math.min(Math.max(to - from, Math.min(CLOSEST_S, this.length_s)), this.length_s);
    const middle = (from + to) / 2;
    this.from = Math.min(Math.max(middle - wide / 2, 0), this.length_s - wide);
    this.to = this.from + wide;
    this.tell("span");
  }

  zoom(factor, around_s) {
    const middle = Math.min(Math.max(around_s, this.from), this.to);
    this.show(middle - (middle - this.from) / factor, middle + (this.to - middle) / factor);
  }

  reset() {
    this.show(0, this.length_s);
  }

  // Turns the page when the clock leaves it.
  keepInside(time_s) {
    if (time_s >= this.from && time_s <= this.to) return;
    const wide = this.to - this.from;
    this.show(time_s - wide * 0.05, time_s + wide * 0.95);
  }

  toggleEmotion(emotion) {
    if (!this.emotions.delete(emotion)) this.emotions.add(emotion);
    this.tell("display");
  }

  // Only this one; or all again, if it is the only one.
  onlyEmotion(emotion) {
    const alone = this.emotions.size === 1 && this.emotions.has(emotion);
    this.emotions = new Set(alone ? report.emotions : [emotion]);
    this.tell("display");
  }

  setMode(mode) {
    this.mode = mode;
    this.tell("display");
  }

  toggleTrack(track) {
    if (!this.tracks.delete(track)) this.tracks.add(track);
    this.tell("tracks");
  }
}

// A box beside the pointer.
const tooltip = element("div", { class: "tooltip", hidden: true });

function showTooltip(x, y, ...content) {
  tooltip.replaceChildren(...content);
  tooltip.hidden = false;
  const left = x + 16 + tooltip.offsetWidth > innerWidth ? x - 16 - tooltip.offsetWidth : x + 16;
  tooltip.style.left = `${Math.max(left, 4)}px`;
  tooltip.style.top = `${Math.min(y + 12, innerHeight - tooltip.offsetHeight - 4)}px`;
}

function hideTooltip() {
  tooltip.hidden = true;
}
