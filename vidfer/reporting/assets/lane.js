// What charts along time have in common: axes, playhead, a click that seeks, a drag that zooms.

const AXIS_FONT = "12px system-ui, sans-serif";
// A pointer that moves less between down and up has clicked.
const CLICK_PX = 4;
// Room for the names at the left, the same in all charts, so that times stand below each other.
const NAMES_PX = 66;
const RIGHT_PX = 28;

function timeAxis(show) {
  return {
    show,
    scale: "x",
    font: AXIS_FONT,
    stroke: () => colours.soft,
    grid: { stroke: () => colours.line, width: 1 },
    ticks: { stroke: () => colours.line, width: 1, size: 5 },
    size: 30,
    values: (plot, splits) => {
      const step = splits[1] - splits[0];
      const places = step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
      return splits.map((seconds) => timeText(seconds, places));
    },
  };
}

// Adds the playhead and what the pointer does; `player` and `view` are the page's.
function steer(plot, player, view) {
  const playhead = element("div", { class: "playhead" });
  plot.over.append(playhead);
  const move = () => {
    const x = plot.valToPos(player.time_s, "x");
    playhead.hidden = x < -1 || x > plot.over.clientWidth + 1;
    playhead.style.transform = `translateX(${x}px)`;
  };
  let down = null;
  plot.over.addEventListener("mousedown", (event) => (down = event.clientX));
  plot.over.addEventListener("click", (event) => {
    if (down !== null && Math.abs(event.clientX - down) > CLICK_PX) return;
    const left = event.clientX - plot.over.getBoundingClientRect().left;
    player.seek(plot.posToVal(left, "x"));
  });
  plot.over.addEventListener("dblclick", () => view.reset());
  plot.over.addEventListener("mouseleave", hideTooltip);
  plot.over.addEventListener("wheel", (event) => wheel(event, plot, view), { passive: false });
  return move;
}

// With Ctrl as maps do it: without, the page scrolls.
function wheel(event, plot, view) {
  if (!event.ctrlKey) return;
  event.preventDefault();
  const left = event.clientX - plot.over.getBoundingClientRect().left;
  view.zoom(event.deltaY < 0 ? 1.4 : 1 / 1.4, plot.posToVal(left, "x"));
}

// Turns a drawn selection into the stretch of time that is shown.
function zoomToSelection(plot, view) {
  const { left, width } = plot.select;
  if (width <= CLICK_PX) return;
  view.show(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

// Stripes over stretches of time in which nothing is known.
function hatch(plot, ranges, colour, least_px = 0) {
  const { ctx: context } = plot;
  const { top, height, left: edge, width } = plot.bbox;
  context.save();
  context.beginPath();
  context.rect(edge, top, width, height);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = devicePixelRatio;
  for (const [start, end] of ranges) {
    const left = plot.valToPos(start, "x", true);
    const right = Math.max(plot.valToPos(end, "x", true), left + least_px * devicePixelRatio);
    if (right - left < devicePixelRatio) continue;
    if (right < edge || left > edge + width) continue;
    stripes(context, Math.max(left, edge), top, Math.min(right, edge + width), height);
  }
  context.restore();
}

function stripes(context, left, top, right, height) {
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, height);
  context.clip();
  context.beginPath();
  for (let x = left - height; x < right; x += 7 * devicePixelRatio) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.restore();
}
