// Decides how far behind the newest picture the video plays, and how fast it must run to get there.
//
// A thing is drawn on its way between two looks, so a look should be here before the picture after the one before it is
// shown; and the video must not run out of pictures. Where looks come four a second and at once, a third of a second is
// enough; on a busy machine or an uneven network the cushion grows. All times are seconds.

const FIRST = 0.6; // until looks tell how far it must be
const LEAST = 0.25; // six pictures: Chromium stops to fill up where it has fewer
const MOST = 1.2; // looks that come once a second are waited for; slower ones not
const STEP = 0.06; // at most so much longer for a look that came too late
const EASE = 0.05; // for one that came too early, so much of that time shorter
const STALL = 0.15; // a stop of the video makes it longer by this
const FORGET = 0.004; // and each tending shorter again by this share: half of it is forgotten in 70 s
const SWING = 0.06; // nearer to or further from the cushion than this, the speed is nudged
const PULL = 0.25; // change of speed for each second that we are off
const MOST_NUDGE = 0.1;

export class Cushion {
  #length = FIRST;
  #least = LEAST;

  get length() {
    return this.#length;
  }

  // Takes a look that has just come: by how much it is ahead of the picture on the screen, and of the look before it.
  looked(ahead, gap) {
    const spare = ahead - Math.min(gap, MOST);
    const wanted = this.#length - (spare < 0 ? Math.max(spare, -STEP) : EASE * spare);
    this.#length = Math.min(MOST, Math.max(this.#least, wanted));
  }

  // The video ran out of pictures: they come less evenly than was thought.
  stalled() {
    this.#least = Math.min(MOST, this.#length + STALL);
    this.#length = this.#least;
  }

  // Returns the speed at which to play, `behind` the newest picture; called every 0.4 s.
  tend(behind) {
    this.#least -= FORGET * (this.#least - LEAST);
    const swing = behind - this.#length;
    return Math.abs(swing) < SWING ? 1 : 1 + Math.max(-MOST_NUDGE, Math.min(MOST_NUDGE, PULL * swing));
  }
}
