// The clock of the page: the video where it can be played, or else a clock that runs like one.

const INTO_FRAME_S = 0.001;

class Player {
  constructor(length_s) {
    Object.assign(this, { length_s, time_s: 0, shown_s: null, rate: 1, playing: false });
    this.listeners = { time: [], state: [], picture: [], shown: [] };
    this.video = null;
    this.trouble = null;
  }

  on(kind, listener) {
    this.listeners[kind].push(listener);
  }

  tell(kind) {
    for (const listener of this.listeners[kind]) listener();
  }

  // Looks for the video at each place in turn.
  load(video, urls) {
    const places = location.protocol === "file:" ? [...urls] : urls.filter((url) => !url.startsWith("file:"));
    const next = () => {
      // It may have begun to play before it failed.
      this.video = null;
      this.shown_s = null;
      const url = places.shift();
      if (url === undefined) {
        this.trouble = true;
        this.tell("picture");
        return;
      }
      video.src = url;
    };
    video.onerror = next;
    video.onloadedmetadata = () => this.take(video);
    next();
  }

  take(video) {
    if (!video.videoWidth) {
      // Its sound can be played, its picture cannot.
      video.onerror();
      return;
    }
    this.stopClock();
    this.video = video;
    this.trouble = null;
    video.playbackRate = this.rate;
    if (!this.bound) this.bind(video);
    video.currentTime = this.time_s;
    this.tell("picture");
  }

  bind(video) {
    this.bound = true;
    video.onplay = video.onpause = video.onended = () => this.setPlaying(!video.paused && !video.ended);
    if (video.requestVideoFrameCallback) {
      const shown = (now, frame) => {
        this.show(frame.mediaTime);
        video.requestVideoFrameCallback(shown);
      };
      video.requestVideoFrameCallback(shown);
    } else {
      video.ontimeupdate = () => this.show(video.currentTime);
    }
    video.onseeking = () => (this.seeking = true);
    video.onseeked = () => (this.seeking = false);
  }

  // A picture has come: of the time that is wanted, or, during a seek, of an older one.
  show(time_s) {
    this.shown_s = time_s;
    this.tell("shown");
    if (!this.seeking) this.moveTo(time_s);
  }

  // The time of the picture, which comes after the clock when a seek takes long.
  get picture_s() {
    return this.video && this.shown_s !== null ? this.shown_s : this.time_s;
  }

  seek(time_s) {
    const time = Math.min(Math.max(time_s, 0), this.length_s);
    if (this.video) {
      this.seeking = true;
      // A little into the frame: at its very start, rounding may show the one before.
      this.video.currentTime = Math.min(time + INTO_FRAME_S, this.video.duration || time);
    }
    this.moveTo(time);
  }

  moveTo(time_s) {
    this.time_s = time_s;
    this.tell("time");
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (this.time_s >= this.length_s - 0.05) this.seek(0);
    if (this.video) this.video.play().catch(() => this.setPlaying(false));
    else this.startClock();
  }

  pause() {
    if (this.video) this.video.pause();
    this.stopClock();
  }

  setRate(rate) {
    this.rate = rate;
    if (this.video) this.video.playbackRate = rate;
  }

  setPlaying(playing) {
    if (this.playing === playing) return;
    this.playing = playing;
    this.tell("state");
  }

  startClock() {
    let last = performance.now();
    const tick = (now) => {
      const time = this.time_s + ((now - last) / 1000) * this.rate;
      last = now;
      this.moveTo(Math.min(Math.max(time, 0), this.length_s));
      if (this.time_s >= this.length_s) this.stopClock();
      else this.ticking = requestAnimationFrame(tick);
    };
    this.ticking = requestAnimationFrame(tick);
    this.setPlaying(true);
  }

  stopClock() {
    cancelAnimationFrame(this.ticking);
    this.setPlaying(false);
  }
}
