// Keeps one WebSocket to the server open and hands its messages to whoever listens.
//
// After a break it tries again with growing waits, and tells listeners "open" and "closed", so that a view can fetch
// what it missed. Boxes are sent only for the cameras that were asked for with `watch`.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15000;

export function socketUrl(path) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}${path}`;
}

// Closes a socket; one that is still connecting as soon as it is there, because browsers complain of less patience.
export function hangUp(socket) {
  if (socket?.readyState === WebSocket.CONNECTING) socket.addEventListener("open", () => socket.close());
  else socket?.close();
}

export class EventSocket {
  #socket = null;
  #listeners = new Map();
  #cameras = [];
  #waitMs = FIRST_WAIT_MS;
  #timer = 0;
  #wanted = false;

  // Opens the connection and keeps it until `close`; where it is open already, tells it again.
  open() {
    if (this.#wanted && this.#socket?.readyState === WebSocket.OPEN) {
      this.#emit("open", {});
      return;
    }
    this.#wanted = true;
    this.#connect();
  }

  close() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    hangUp(socket);
  }

  // Names the cameras whose boxes are wanted, in place of those named before.
  watch(cameraIds) {
    this.#cameras = cameraIds;
    this.#sendWatch();
  }

  // Calls `listener` for messages of a kind; returns the function that ends this.
  on(kind, listener) {
    if (!this.#listeners.has(kind)) this.#listeners.set(kind, new Set());
    this.#listeners.get(kind).add(listener);
    return () => this.#listeners.get(kind).delete(listener);
  }

  #connect() {
    const socket = new WebSocket(socketUrl("/api/events"));
    this.#socket = socket;
    socket.addEventListener("open", () => {
      if (socket !== this.#socket) return;
      this.#waitMs = FIRST_WAIT_MS;
      this.#sendWatch();
      this.#emit("open", {});
    });
    socket.addEventListener("message", (event) => {
      const message = JSON.parse(event.data);
      this.#emit(message.kind, message);
    });
    socket.addEventListener("close", () => this.#lost(socket));
  }

  #sendWatch() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify({ type: "watch", cameras: this.#cameras }));
  }

  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#emit("closed", {});
    if (!this.#wanted) return;
    const jitter = 0.7 + 0.6 * Math.random();
    this.#timer = setTimeout(() => this.#connect(), this.#waitMs * jitter);
    this.#waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs * 2);
  }

  #emit(kind, message) {
    for (const listener of this.#listeners.get(kind) ?? []) listener(message);
  }
}
