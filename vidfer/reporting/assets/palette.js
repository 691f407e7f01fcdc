// One colour, one dash pattern and one name for each emotion, so that none has to be told by
// colour alone. Colours are Okabe and Ito's, lightened or darkened to stand out on the page.

const DASHES = {
  angry: [],
  disgust: [10, 3],
  fear: [2, 4],
  happy: [],
  sad: [10, 3, 2, 3],
  surprise: [5, 3],
  neutral: [2, 2],
};

const darkMode = matchMedia("(prefers-color-scheme: dark)");
const printMode = matchMedia("print");

function cssColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function withAlpha(colour, alpha) {
  return colour + Math.round(alpha * 255).toString(16).padStart(2, "0");
}

// The colours of the moment by emotion and use; asked anew when the scheme changes.
function readColours() {
  const colours = {};
  const uses = ["text", "soft", "line", "panel", "stage", "accent", "hole", "event"];
  for (const name of [...report.emotions, ...uses]) colours[name] = cssColour(name);
  return colours;
}

let colours = readColours();
const colourListeners = [];

function onColours(listener) {
  colourListeners.push(listener);
}

function refreshColours() {
  colours = readColours();
  for (const listener of colourListeners) listener();
}

darkMode.addEventListener("change", refreshColours);
printMode.addEventListener("change", refreshColours);

// Black or white, whichever is easier to read on a colour.
function inkOn(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 ? "#000000" : "#ffffff";
}

// A sample of an emotion's line, for legends.
function swatch(emotion) {
  const canvas = element("canvas", { class: "swatch", width: 44, height: 16, "aria-hidden": "true" });
  const draw = () => {
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, 44, 16);
    context.strokeStyle = colours[emotion];
    context.lineWidth = 5;
    context.setLineDash(DASHES[emotion].map((length) => length * 2));
    context.beginPath();
    context.moveTo(0, 8);
    context.lineTo(44, 8);
    context.stroke();
  };
  draw();
  onColours(draw);
  return canvas;
}

// A plain dot of an emotion's colour, beside its name.
function dot(emotion) {
  return element("span", { class: `dot ${emotion}` });
}
