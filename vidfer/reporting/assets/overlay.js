// Boxes and labels over the picture, or on an empty stage of its shape.

// With more faces than this, labels name the track by its number alone, or they would cover faces.
const SHORT_FROM = 3;
const NARROW_PX = 480;

class Overlay {
  constructor(player, tracks, choice) {
    Object.assign(this, { player, tracks, choice, shown: true });
    this.canvas = element("canvas", {
      class: "overlay",
      role: "img",
      "aria-label": "Face boxes; what they say stands in the panel beside",
    });
    this.canvas.addEventListener("click", (event) => this.click(event));
    player.on("time", () => this.draw());
    player.on("shown", () => this.draw());
    player.on("picture", () => this.draw());
    choice.listeners.push(() => this.draw());
    onColours(() => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  // Where the picture lies on the canvas, in CSS pixels, and how much it is scaled.
  frame() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const [wide, high] = [report.manifest.width || 16, report.manifest.height || 9];
    const scale = Math.min(width / wide, height / high);
    return { left: (width - wide * scale) / 2, top: (height - high * scale) / 2, scale };
  }

  faces() {
    const found = [];
    for (const track of this.tracks) {
      const point = track.at(this.player.picture_s);
      if (point >= 0) found.push({ track, point });
    }
    return found;
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const dense = devicePixelRatio || 1;
    this.canvas.width = Math.round(width * dense);
    this.canvas.height = Math.round(height * dense);
    const context = this.canvas.getContext("2d");
    context.scale(dense, dense);
    context.clearRect(0, 0, width, height);
    const faces = this.shown ? this.faces() : [];
    this.short = faces.length > SHORT_FROM || (faces.length > 1 && width < NARROW_PX);
    this.drawn = faces.map((face) => this.drawFace(context, face, width, height));
  }

  drawFace(context, { track, point }, width, height) {
    const { left, top, scale } = this.frame();
    const [x, y, w, h] = track.box(point).map((pixels) => pixels * scale);
    const likeliest = report.emotions[track.likeliest(point)];
    const colour = colours[likeliest];
    const chosen = track === this.choice.track;
    for (const [stroke, wide] of [["#000000b0", chosen ? 6 : 4], [colour, chosen ? 3 : 2]]) {
      context.strokeStyle = stroke;
      context.lineWidth = wide;
      context.setLineDash(track.usable[point] ? [] : [6, 4]);
      context.strokeRect(left + x, top + y, w, h);
    }
    const name = this.short ? track.number : track.name;
    const said = `${name} · ${likeliest} ${percent(track.probability(likeliest, point))}`;
    this.label(context, said, left + x, top + y, colour, width, height);
    return { track, left: left + x, top: top + y, width: w, height: h };
  }

  label(context, text, left, top, colour, width, height) {
    context.font = "600 12px system-ui, sans-serif";
    const wide = context.measureText(text).width + 10;
    const x = Math.min(Math.max(left - 1, 0), Math.max(width - wide, 0));
    const y = Math.min(Math.max(top - 21, 0), height - 20);
    context.fillStyle = colour;
    context.fillRect(x, y, wide, 20);
    context.fillStyle = inkOn(colour);
    context.fillText(text, x + 5, y + 14);
  }

  // A click on a face chooses its track; elsewhere it plays or pauses.
  click(event) {
    const { offsetX: x, offsetY: y } = event;
    const inside = this.drawn.filter(
      (face) => x >= face.left && x <= face.left + face.width && y >= face.top && y <= face.top + face.height
    );
    if (inside.length) this.choice.set(inside[inside.length - 1].track);
    else this.player.toggle();
  }
}
