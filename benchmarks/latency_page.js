// Notes what the wall shows and when, without changing the page: pictures that come onto the screen, the time strip in
// some of them, boxes that arrive and each drawing of them. All times are `performance.now()` in ms.
//
// In force before the page's own scripts. `latencyNotes` holds rows that `latency_page.py` takes:
//   frames [camera, run, media time in s, on the screen at]     run counts up when a camera's video begins anew
//   strips [camera, run, media time in s, at, grey levels]
//   looks  [camera, t_s, arrived at, rows]
//   paints [camera, drawn at, boxes drawn]

(() => {
  const BLOCKS = 22; // as in benchmarks/time_strip.py
  const MARGIN_BLOCKS = 1;
  const WIDTH_BLOCKS = 120;
  const BLOCK_PX = 8; // of the canvas that a strip is read from
  const STRIP_EVERY = 12; // pictures: reading one costs a copy from the decoder

  const notes = { frames: [], strips: [], looks: [], paints: [] };
  window.latencyNotes = notes;
  const runs = new WeakMap();
  const newest = new WeakMap();
  const cameraOf = (element) => element.closest("[data-camera]")?.dataset.camera;
  const pen = new OffscreenCanvas(BLOCKS * BLOCK_PX, BLOCK_PX).getContext("2d", { willReadFrequently: true });

  function greyLevels(video) {
    const side = video.videoWidth / WIDTH_BLOCKS;
    const left = video.videoWidth - (MARGIN_BLOCKS + BLOCKS) * side;
    const top = video.videoHeight - (MARGIN_BLOCKS + 1) * side;
    const [width, height] = [BLOCKS * BLOCK_PX, BLOCK_PX];
    pen.drawImage(video, left, top, BLOCKS * side, side, 0, 0, width, height);
    const { data } = pen.getImageData(0, 0, width, height);
    const middle = [3, 4];
    const level = (block) => {
      const points = middle.flatMap((y) => middle.map((x) => data[4 * (y * width + block * BLOCK_PX + x) + 1]));
      return points.reduce((sum, value) => sum + value, 0) / points.length;
    };
    return Array.from({ length: BLOCKS }, (_, block) => Math.round(level(block)));
  }

  function note(video, frame) {
    const camera = cameraOf(video);
    if (!camera) return;
    const run = runs.get(video) ?? { number: 0, media: 0, frames: 0 };
    if (frame.mediaTime < run.media - 0.5) run.number += 1;
    run.media = frame.mediaTime;
    run.frames += 1;
    runs.set(video, run);
    notes.frames.push([camera, run.number, frame.mediaTime, frame.expectedDisplayTime]);
    if (run.frames % STRIP_EVERY === 0) {
      notes.strips.push([camera, run.number, frame.mediaTime, performance.now(), greyLevels(video)]);
    }
  }

  const ask = HTMLVideoElement.prototype.requestVideoFrameCallback;
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (told) {
    return ask.call(this, (now, frame) => {
      note(this, frame);
      told(now, frame);
    });
  };

  const { clearRect, strokeRect } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.clearRect = function (...where) {
    if (this.canvas.classList.contains("overlay")) {
      const paint = [cameraOf(this.canvas), performance.now(), 0];
      newest.set(this.canvas, paint);
      notes.paints.push(paint);
    }
    clearRect.apply(this, where);
  };
  CanvasRenderingContext2D.prototype.strokeRect = function (...where) {
    const paint = newest.get(this.canvas);
    if (paint) paint[2] += 1;
    strokeRect.apply(this, where);
  };

  window.WebSocket = class extends WebSocket {
    constructor(url, ...more) {
      super(url, ...more);
      if (!String(url).endsWith("/api/events")) return;
      this.addEventListener("message", ({ data }) => {
        const message = JSON.parse(data);
        if (message.kind !== "boxes") return;
        notes.looks.push([message.camera_id, message.t_s, performance.now(), message.rows.length]);
      });
    }
  };
})();
