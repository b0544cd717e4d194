// Shows one camera's moving picture and knows which stream time is on the screen.
//
// Fragmented MP4 arrives over a WebSocket and goes into Media Source Extensions untouched. Each binary message begins
// with eight bytes, a little-endian float64: the stream time `t_s` of its first picture. With the decode time that the
// fragment itself carries, `now()` translates the video's own clock into `t_s`, also over gaps and reconnects. What the
// browser cannot decode, or fails at repeatedly, is shown as JPEGs over a second socket.

import { Cushion } from "./cushion.js";
import { shownTime, timescale } from "./fmp4.js";
import { hangUp, socketUrl } from "./socket.js";

const HEADER_BYTES = 8;
const KEEP_S = 12; // played video kept in memory
const LAG_S = 4; // further behind than this we jump to the newest picture
const TEND_MS = 400; // as the cushion counts on
const MAX_FAILURES = 3; // before JPEGs take over
const GOOD_PLAY_MS = 60000; // failures before so much good play are forgiven: three over weeks are no reason for JPEGs
const START_MS = 5000; // a page that is still loading stops the video, which tells nothing of how evenly pictures come
const DRAW_MS = 33; // from drawing until it is on the screen: two refreshes of a usual one
const LONGEST_WAIT_MS = 10000;

export class Player {
  #cameraId;
  #video;
  #picture;
  #onMode;
  #socket = null;
  #source = null;
  #buffer = null;
  #queue = [];
  #mime = "";
  #scale = 0;
  #marks = [];
  #failures = 0;
  #playingSince = null;
  #shown = null; // of the picture on the screen: {mediaTime, expectedDisplayTime}
  #watching = 0;
  #waitMs = 500;
  #retry = 0;
  #tending = 0;
  #mode = "video";
  #why = [];
  #pictureUrl = "";
  #stopped = true;
  #cushion = new Cushion();

  // `onMode` is told "video"; "waiting", with the socket's close code; or "pictures", with "codec" and its name, or "failed".
  constructor(cameraId, video, picture, onMode) {
    this.#cameraId = cameraId;
    this.#video = video;
    this.#picture = picture;
    this.#onMode = onMode;
    video.addEventListener("error", () => this.#failed());
    video.addEventListener("playing", () => {
      this.#playingSince ??= performance.now();
      this.#onMode("video");
    });
    video.addEventListener("waiting", () => this.#playedFor() > START_MS && this.#cushion.stalled());
  }

  start() {
    this.#stopped = false;
    this.#watchFrames();
    this.#connect();
    this.#tending = setInterval(() => this.#tend(), TEND_MS);
  }

  stop() {
    this.#stopped = true;
    this.#video.cancelVideoFrameCallback?.(this.#watching);
    clearInterval(this.#tending);
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = null;
    hangUp(socket);
    this.#dropSource();
    if (this.#pictureUrl) URL.revokeObjectURL(this.#pictureUrl);
  }

  // Returns the stream time of the picture on the screen; null where it is not known, as for JPEGs.
  now() {
    const mediaTime = this.#shown ? this.#mediaTimeSoon() : this.#video.currentTime;
    if (this.#mode === "pictures") return null;
    const mark = this.#marks.findLast((m) => m.media <= mediaTime + 0.001) ?? this.#marks[0];
    return mark ? mark.t_s + (mediaTime - mark.media) : null;
  }

  // Takes the stream time of a look that has just come, and how much earlier the look before it was.
  looked(t_s, gap_s) {
    const shown = this.now();
    if (shown !== null && this.#playingSince !== null) this.#cushion.looked(t_s - shown, gap_s);
  }

  get mode() {
    return this.#mode;
  }

  // Returns width and height of the picture that is shown, or null before there is one.
  get size() {
    const { videoWidth, videoHeight } = this.#video;
    const { naturalWidth, naturalHeight } = this.#picture;
    const [width, height] = this.#mode === "video" ? [videoWidth, videoHeight] : [naturalWidth, naturalHeight];
    return width ? { width, height } : null;
  }

  // Notes the time of each picture that comes onto the screen. The video's clock runs on between pictures, and on a busy
  // machine far ahead of them. Browsers without this (Firefox before 132) go by the clock.
  #watchFrames() {
    this.#watching = this.#video.requestVideoFrameCallback?.((_, frame) => {
      this.#shown = frame;
      this.#watchFrames();
    }) ?? 0;
  }

  // Returns the media time of the picture that will be on the screen when what is drawn now comes onto it: the next one
  // where that is due by then, as we are told of a picture only once it is there.
  #mediaTimeSoon() {
    const { mediaTime, expectedDisplayTime } = this.#shown;
    const later = this.#marks.map((mark) => mark.media).filter((media) => media > mediaTime + 0.001);
    const next = Math.min(...later);
    const wait_ms = expectedDisplayTime + ((next - mediaTime) * 1000) / this.#video.playbackRate - performance.now();
    return wait_ms <= DRAW_MS ? next : mediaTime;
  }

  #connect() {
    const socket = new WebSocket(socketUrl(`/api/live/${encodeURIComponent(this.#cameraId)}/${this.#mode}`));
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.addEventListener("message", (event) => {
      if (socket !== this.#socket) return;
      this.#waitMs = 500;
      if (typeof event.data === "string") this.#announced(JSON.parse(event.data));
      else this.#arrived(event.data);
    });
    socket.addEventListener("close", ({ code }) => socket === this.#socket && this.#reconnectLater(code));
  }

  #reconnectLater(code) {
    this.#socket = null;
    if (this.#stopped) return;
    this.#onMode("waiting", code);
    this.#retry = setTimeout(() => this.#connect(), this.#waitMs * (0.7 + 0.6 * Math.random()));
    this.#waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs * 2);
  }

  #announced(message) {
    if (message.type !== "init" || !("MediaSource" in window) || !MediaSource.isTypeSupported(message.mime)) {
      this.#usePictures("codec", codecName(message.mime ?? ""));
      return;
    }
    this.#dropSource();
    this.#mime = message.mime;
    this.#scale = 0;
    const source = new MediaSource();
    this.#source = source;
    source.addEventListener("sourceopen", () => source === this.#source && this.#opened(source));
    this.#video.src = URL.createObjectURL(source);
    this.#video.muted = true;
  }

  #opened(source) {
    URL.revokeObjectURL(this.#video.src);
    try {
      this.#buffer = source.addSourceBuffer(this.#mime);
    } catch {
      this.#failed();
      return;
    }
    this.#buffer.addEventListener("updateend", () => this.#feed());
    this.#feed();
  }

  #arrived(data) {
    const t_s = new DataView(data).getFloat64(0, true);
    const payload = new Uint8Array(data, HEADER_BYTES);
    if (this.#mode === "pictures") {
      this.#showPicture(payload);
      return;
    }
    if (!this.#source) return;
    if (!this.#scale) this.#scale = timescale(payload);
    else this.#mark(payload, t_s);
    this.#queue.push(payload);
    this.#feed();
  }

  #mark(payload, t_s) {
    const time = shownTime(payload);
    if (time === null || !this.#scale) return;
    this.#marks.push({ media: time / this.#scale, t_s });
    if (this.#marks.length > 600) this.#marks.splice(0, 300);
  }

  #feed() {
    const buffer = this.#buffer;
    if (!buffer || buffer.updating || this.#queue.length === 0 || this.#source?.readyState !== "open") return;
    try {
      buffer.appendBuffer(this.#queue.shift());
    } catch {
      this.#failed();
    }
  }

  // Keeps the playhead near the newest picture, over gaps, and the memory small.
  #tend() {
    const buffer = this.#buffer;
    if (!buffer || this.#source?.readyState !== "open" || buffer.buffered.length === 0) return;
    const video = this.#video;
    const { buffered } = buffer;
    const start = buffered.start(buffered.length - 1);
    const end = buffered.end(buffered.length - 1);
    const behind = end - video.currentTime;
    if (behind > LAG_S || video.currentTime < start) video.currentTime = Math.max(start, end - this.#cushion.length);
    video.playbackRate = this.#cushion.tend(behind);
    if (video.paused && video.readyState >= 2) video.play().catch(() => {});
    if (!buffer.updating && video.currentTime - buffered.start(0) > 2 * KEEP_S) {
      buffer.remove(0, video.currentTime - KEEP_S);
    }
  }

  #failed() {
    if (this.#stopped || !this.#source) return;
    const isForgiven = this.#playedFor() >= GOOD_PLAY_MS;
    this.#failures = isForgiven ? 1 : this.#failures + 1;
    this.#dropSource();
    if (this.#failures >= MAX_FAILURES) {
      this.#usePictures("failed");
      return;
    }
    hangUp(this.#socket);
  }

  // Returns for how long this source has played; 0 before it does.
  #playedFor() {
    return this.#playingSince === null ? 0 : performance.now() - this.#playingSince;
  }

  #usePictures(...why) {
    this.#mode = "pictures";
    this.#why = why;
    this.#dropSource();
    const socket = this.#socket;
    this.#socket = null;
    hangUp(socket);
    this.#connect();
  }

  async #showPicture(jpeg) {
    const url = URL.createObjectURL(new Blob([jpeg], { type: "image/jpeg" }));
    const before = this.#pictureUrl;
    this.#pictureUrl = url;
    this.#picture.src = url;
    await this.#picture.decode().catch(() => {});
    if (before) URL.revokeObjectURL(before);
    this.#onMode("pictures", ...this.#why);
  }

  #dropSource() {
    this.#playingSince = null;
    this.#shown = null;
    this.#source = null;
    this.#buffer = null;
    this.#queue = [];
    this.#marks = [];
    if (!this.#video.getAttribute("src")) return;
    this.#video.removeAttribute("src");
    this.#video.load();
  }
}

// Returns what people call a codec that a MIME type names, e.g. `video/mp4; codecs="hvc1.1.6.L93.90"`.
function codecName(mime) {
  const family = /codecs="(\w+)/.exec(mime)?.[1] ?? "";
  return { avc1: "H.264", hvc1: "H.265", hev1: "H.265" }[family] ?? family;
}
