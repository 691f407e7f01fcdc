// Which videos are listed, and in which order.

class Filters {
  constructor(videos, onchange) {
    Object.assign(this, { videos, onchange });
    this.lower = videos.video.map((name) => name.toLowerCase());
    this.search = element("input", { type: "search", placeholder: "Name of a video …", "aria-label": "Name contains", oninput: () => this.onchange() });
    this.state = this.choice("State", [
      ["", "All"],
      ["failed", `Failed (${countText(this.count((video) => this.has(video, "failed")))})`],
      ["warning", `With warnings (${countText(this.count((video) => this.has(video, "warning")))})`],
      ["partial", `Partly decoded (${countText(this.count((video) => videos.status[video] === "partial"))})`],
      ["clean", `Without either (${countText(this.count((video) => this.isClean(video)))})`],
    ]);
    this.emotion = this.choice("Mostly", [["", "Any expression"], ...report.emotions.map((emotion) => [emotion, emotion])]);
    this.usable = this.choice("Usable", [["0", "Any"], ["0.5", "50 % or more"], ["0.8", "80 % or more"], ["0.95", "95 % or more"]]);
    this.said = element("output", { class: "soft", "aria-live": "polite" });
    this.element = element(
      "div",
      { class: "filters", role: "search" },
      this.search,
      [this.state, this.emotion, this.usable].map((select) => select.label),
      this.said
    );
  }

  choice(name, options) {
    const select = element("select", { onchange: () => this.onchange() }, options.map(([value, text]) => element("option", { value, text })));
    select.label = element("label", { class: "choice" }, element("span", { text: name }), select);
    return select;
  }

  count(test) {
    return this.videos.video.reduce((sum, name, video) => sum + test(video), 0);
  }

  has(video, level) {
    return this.videos.cautions[video].some((number) => report.sentences[number][0] === level);
  }

  isClean(video) {
    return !this.has(video, "failed") && !this.has(video, "warning");
  }

  chosen() {
    const text = this.search.value.trim().toLowerCase();
    const kept = [];
    for (let video = 0; video < this.lower.length; video += 1) {
      if (text && !this.lower[video].includes(text)) continue;
      if (this.matches(video)) kept.push(video);
    }
    const all = this.lower.length;
    this.said.textContent = kept.length === all ? plural(all, "video") : `${countText(kept.length)} of ${countText(all)} videos`;
    return kept;
  }

  matches(video) {
    const { videos } = this;
    const state = this.state.value;
    if (state === "partial" && videos.status[video] !== "partial") return false;
    if (state === "clean" && !this.isClean(video)) return false;
    if ((state === "failed" || state === "warning") && !this.has(video, state)) return false;
    if (this.emotion.value && mostShown(videos, video)?.emotion !== this.emotion.value) return false;
    return (videos.usable_share[video] ?? 0) >= Number(this.usable.value);
  }
}

// The expression that was the most likely one for most of the time.
function mostShown(videos, video) {
  let best = null;
  report.emotions.forEach((emotion, at) => {
    const share = videos.shares[at][video];
    if (share !== null && share > (best?.share ?? 0)) best = { emotion, share };
  });
  return best;
}
