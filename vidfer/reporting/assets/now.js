// The seven probabilities of one face at this moment, as bars.

const MOST_OTHERS = 10;

// Which face the panel tells of: a chosen track, or the largest in the picture.
class Choice {
  constructor(tracks) {
    Object.assign(this, { tracks, chosen: null, track: null, listeners: [] });
  }

  set(track) {
    this.chosen = track;
    for (const listener of this.listeners) listener();
  }

  at(time_s) {
    const standing = (track) => track.at(time_s);
    if (this.chosen) {
      this.track = this.chosen;
      return { track: this.chosen, point: standing(this.chosen) };
    }
    let best = { track: null, point: -1 };
    let most = -1;
    for (const track of this.tracks) {
      const point = standing(track);
      const area = point < 0 ? -1 : track.box_w[point] * track.box_h[point];
      if (area > most) [best, most] = [{ track, point }, area];
    }
    this.track = best.track;
    return best;
  }
}

class NowPanel {
  constructor(player, tracks, choice) {
    Object.assign(this, { player, tracks, choice, rows: {} });
    this.select = element(
      "select",
      { id: "face-choice", onchange: () => choice.set(this.tracks[this.select.value] ?? null) },
      element("option", { value: "", text: "Largest face" }),
      tracks.map((track, number) => element("option", { value: number, text: track.name }))
    );
    this.said = element("p", { class: "now-said" });
    this.others = element("div", { class: "others", role: "group", "aria-label": "Faces in the picture" });
    this.facts = element("p", { class: "soft now-facts" });
    this.element = element(
      "section",
      { class: "panel now", "aria-label": "Expression at this moment" },
      element("div", { class: "now-head" }, element("label", { for: "face-choice", text: "Now" }), this.select),
      this.said,
      element("div", { class: "bars" }, report.emotions.map((emotion) => this.row(emotion))),
      this.facts,
      this.others
    );
    player.on("time", () => this.draw());
    choice.listeners.push(() => this.draw());
    this.draw();
  }

  row(emotion) {
    const bar = element("span", { class: `bar ${emotion}` });
    const tick = element("span", { class: "tick", title: "smoothed" });
    const value = element("span", { class: "bar-value" });
    this.rows[emotion] = { bar, tick, value };
    const track = element("span", { class: "bar-track", "aria-hidden": "true" }, bar, tick);
    return element("div", { class: "bar-row" }, element("span", { class: "bar-name", text: emotion }), track, value);
  }

  draw() {
    const { track, point } = this.choice.at(this.player.time_s);
    this.select.value = this.choice.chosen ? this.tracks.indexOf(this.choice.chosen) : "";
    for (const [emotion, { bar, tick, value }] of Object.entries(this.rows)) {
      const share = point < 0 ? null : track.probability(emotion, point);
      const smooth = point < 0 ? null : track.probability(emotion, point, "_smooth");
      bar.style.width = `${(share ?? 0) * 100}%`;
      tick.hidden = smooth === null;
      tick.style.left = `${(smooth ?? 0) * 100}%`;
      value.textContent = percent(share);
    }
    this.said.textContent = point < 0 ? this.absence() : `${track.name}: ${report.emotions[track.likeliest(point)]}`;
    this.facts.textContent = point < 0 ? " " : this.quality(track, point);
    this.drawOthers(track);
  }

  // The faces in the picture, to choose from; buttons stay in place, so that the focus does.
  drawOthers(chosen) {
    const faces = this.tracks
      .map((track) => ({ track, point: track.at(this.player.time_s) }))
      .filter(({ point }) => point >= 0)
      .slice(0, MOST_OTHERS);
    while (this.others.children.length < faces.length) this.others.append(this.otherButton());
    [...this.others.children].forEach((button, at) => {
      button.hidden = faces.length < 2 || at >= faces.length;
      if (button.hidden) return;
      const { track, point } = faces[at];
      const likeliest = report.emotions[track.likeliest(point)];
      button.track = track;
      button.firstChild.className = `dot ${likeliest}`;
      button.lastChild.textContent = `${track.name}: ${likeliest}`;
      button.setAttribute("aria-pressed", String(track === chosen));
    });
  }

  otherButton() {
    const button = element("button", { class: "chip", onclick: () => this.choice.set(button.track) });
    button.append(element("span"), element("span"));
    return button;
  }

  absence() {
    const time = this.player.time_s;
    const lost = report.manifest.lost_ranges_s.some(([start, end]) => time >= start && time < end);
    if (lost) return "This part of the video could not be decoded";
    return this.choice.chosen ? `${this.choice.chosen.name} is not in the picture` : "No face in the picture";
  }

  quality(track, point) {
    const [, , width, height] = track.box(point);
    const usable = track.usable[point] ? "usable" : "not usable (quality gate)";
    return `${usable} · face ${width} × ${height} px · detector ${percent(track.face_score[point] / 1000)}`;
  }
}
