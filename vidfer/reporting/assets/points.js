// The points of a video by track, and which of them stand at a moment.

// A decoder's and a browser's clock differ by less than this.
const CLOCK_S = 0.002;

class Track {
  constructor(number, columns, from, to) {
    this.number = number;
    this.name = `Track ${number}`;
    this.columns = Object.keys(columns);
    this.length = to - from;
    for (const [name, values] of Object.entries(columns)) this[name] = values.subarray(from, to);
    this.end_s = this.start_s[this.length - 1] + this.hold_s[this.length - 1];
    this.seen_s = this.hold_s.reduce((sum, hold) => sum + hold, 0);
  }

  // The point that stands at a time; -1 where the face is out of the picture.
  at(time_s) {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.start_s[middle] <= time_s + CLOCK_S) low = middle + 1;
      else high = middle;
    }
    const point = low - 1;
    return point >= 0 && time_s < this.start_s[point] + this.hold_s[point] - CLOCK_S / 2 ? point : -1;
  }

  probability(emotion, point, suffix = "") {
    const value = this[emotion + suffix][point];
    return value === NO_VALUE ? null : value / 1000;
  }

  // The most likely emotion at a point, by its number; -1 where nothing is known.
  likeliest(point, suffix = "") {
    let best = -1;
    let most = -1;
    report.emotions.forEach((emotion, number) => {
      const value = this[emotion + suffix][point];
      if (value !== NO_VALUE && value > most) [best, most] = [number, value];
    });
    return best;
  }

  // Which track a point belongs to, as a row may hold several.
  nameAt(point) {
    return point < 0 ? this.name : `Track ${this.track[point]}`;
  }

  box(point) {
    return [this.box_x[point], this.box_y[point], this.box_w[point], this.box_h[point]];
  }

  // One line with holes where the face was out of the picture.
  line(column) {
    const values = [];
    const places = this.holes();
    for (let point = 0; point < this.length; point += 1) {
      if (places.has(point)) values.push(null);
      const value = this[column][point];
      values.push(value === NO_VALUE ? null : value / 1000);
    }
    return values;
  }

  times() {
    const times = [];
    const places = this.holes();
    for (let point = 0; point < this.length; point += 1) {
      if (places.has(point)) {
        const end = this.start_s[point - 1] + this.hold_s[point - 1];
        times.push(Math.max(times[times.length - 1], Math.min(end, this.start_s[point])));
      }
      times.push(this.start_s[point] + (report.stretch_s ? this.hold_s[point] / 2 : 0));
    }
    return times;
  }

  // Points before which there is a hole, or another track begins.
  holes() {
    if (this.found) return this.found;
    this.found = new Set();
    for (let point = 1; point < this.length; point += 1) {
      const end = this.start_s[point - 1] + this.hold_s[point - 1];
      const other = this.track[point] !== this.track[point - 1];
      if (other || this.start_s[point] > end + CLOCK_S) this.found.add(point);
    }
    return this.found;
  }

  // Stretches of the same most likely emotion and usability: [start, end, emotion, usable].
  runs() {
    const runs = [];
    for (let point = 0; point < this.length; point += 1) {
      const start = this.start_s[point];
      const end = start + this.hold_s[point];
      const kind = this.likeliest(point, "_smooth");
      const last = runs[runs.length - 1];
      const same = last && last[2] === kind && last[3] === this.usable[point];
      if (same && start <= last[1] + CLOCK_S) last[1] = end;
      else runs.push([start, end, kind, this.usable[point]]);
    }
    return runs;
  }
}

function tracksOf(columns) {
  const tracks = [];
  const numbers = columns.track;
  let from = 0;
  for (let at = 1; at <= numbers.length; at += 1) {
    if (at < numbers.length && numbers[at] === numbers[from]) continue;
    if (at > from) tracks.push(new Track(numbers[from], columns, from, at));
    from = at;
  }
  return tracks;
}

// With more tracks than this, those that follow each other share a row.
const MOST_ROWS = 12;

// What gets a row of its own: each track, or if they are many, tracks one after the other.
function rowsOf(tracks) {
  if (tracks.length <= MOST_ROWS) return tracks;
  const rows = [];
  const byStart = [...tracks].sort((one, other) => one.start_s[0] - other.start_s[0]);
  for (const track of byStart) {
    const free = rows.find((row) => row[row.length - 1].end_s <= track.start_s[0] + report.stretch_s + CLOCK_S);
    if (free) free.push(track);
    else rows.push([track]);
  }
  return rows.slice(0, MOST_ROWS).map((row, at) => joined(`Faces ${String.fromCharCode(65 + at)}`, row));
}

// Several tracks as one, under a name of their own.
function joined(name, tracks) {
  const length = tracks.reduce((sum, track) => sum + track.length, 0);
  const columns = {};
  for (const column of tracks[0].columns) {
    columns[column] = new tracks[0][column].constructor(length);
    let at = 0;
    for (const track of tracks) {
      columns[column].set(track[column], at);
      at += track.length;
    }
  }
  const one = new Track(null, columns, 0, length);
  one.name = name;
  one.members = tracks.length;
  return one;
}

function longestFirst(tracks) {
  return [...tracks].sort((one, other) => other.seen_s - one.seen_s);
}

// How long the picture is: what the file claims, or as far as anything is known.
function lengthOf(tracks) {
  const ends = tracks.map((track) => track.end_s);
  return Math.max(report.manifest.duration_s ?? 0, ...ends, 0.04);
}
