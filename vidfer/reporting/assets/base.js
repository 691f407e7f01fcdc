"use strict";
// What every page needs: its data, elements without markup, numbers as people read them.

const report = JSON.parse(document.getElementById("report-data").textContent);
const NO_VALUE = 65535;

// Builds an element. Text only ever becomes text: nothing here parses markup.
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "class") made.className = value;
    else if (key === "text") made.textContent = value;
    else if (key === "value" || key === "checked") made[key] = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

// Names of files may hold anything, right-to-left marks included: isolated, they stay in place.
function nameElement(name, properties = {}) {
  return element("bdi", { class: "name", text: name, ...properties });
}

function percent(share, places = 0) {
  // The space does not break: the sign stays with its number.
  return share === null || share === undefined ? "–" : `${(share * 100).toFixed(places)}\u00a0%`;
}

function timeText(seconds, places = 1) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return "–";
  const unit = 10 ** places;
  const rounded = Math.round(Math.max(seconds, 0) * unit) / unit;
  const hours = Math.floor(rounded / 3600);
  const minutes = Math.floor(rounded / 60) % 60;
  const rest = (rounded % 60).toFixed(places).padStart(places ? places + 3 : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

function durationText(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

function countText(number) {
  return number.toLocaleString("en");
}

function plural(number, one, many = `${one}s`) {
  return `${countText(number)} ${number === 1 ? one : many}`;
}

// Typed arrays by name from what packing.py wrote.
async function unpack(packed) {
  const compressed = Uint8Array.from(atob(packed.bytes), (letter) => letter.charCodeAt(0));
  const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = await new Response(stream).arrayBuffer();
  const columns = {};
  let start = 0;
  for (const [name, kind, length] of packed.columns) {
    const type = globalThis[`${kind}Array`];
    const end = start + length * type.BYTES_PER_ELEMENT;
    columns[name] = new type(bytes.slice(start, end));
    start = end;
  }
  return columns;
}

// Tells screen readers what happened, without moving the focus.
const announcer = element("div", { class: "unseen", role: "status", "aria-live": "polite" });

function announce(text) {
  announcer.textContent = text;
}
