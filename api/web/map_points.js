// The points of a map, and which of them lie where. Places are from 0 to 1, to the right and up.

const EDGE = 65535;
// About so many points in a cell, where they lie evenly.
const IN_A_CELL = 4;

/** The middle and the size of what values span. */
function spanOf(values) {
  let [least, most] = [1, 0];
  for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
  return { middle: (least + most) / 2, size: Math.max(0, most - least) };
}

export class MapPoints {
  /** Of `{trackIds, x, y}` as the API gives them; its longer side lies across or, unless it is for a wide view, upright. */
  constructor({ trackIds, x, y }, isWide = true) {
    this.ids = trackIds;
    this.x = Float32Array.from(x, (value) => value / EDGE);
    this.y = Float32Array.from(y, (value) => value / EDGE);
    // No direction of a map means anything: it may be turned by a quarter.
    if (spanOf(this.x).size > spanOf(this.y).size !== isWide) [this.x, this.y] = [this.y, this.x.map((value) => 1 - value)];
    this.across = spanOf(this.x);
    this.upright = spanOf(this.y);
    this.place = new Map(trackIds.map((id, place) => [id, place]));
    this.#side = Math.max(1, Math.floor(Math.sqrt(trackIds.length / IN_A_CELL)));
    this.#fill();
  }

  #side;
  #starts;
  #sorted;

  get length() {
    return this.ids.length;
  }

  /** The place of the point nearest to (x, y) within a distance, -1 where there is none. */
  nearest(x, y, within, fits = () => true) {
    let [best, least] = [-1, within * within];
    this.within(x - within, y - within, x + within, y + within, (place) => {
      const far = (this.x[place] - x) ** 2 + (this.y[place] - y) ** 2;
      if (far <= least && fits(place)) [best, least] = [place, far];
    });
    return best;
  }

  /** Up to `most` places inside a rectangle, nearest to its middle first. */
  inside(left, bottom, right, top, most) {
    const [x, y] = [(left + right) / 2, (bottom + top) / 2];
    const found = [];
    this.within(left, bottom, right, top, (place) => {
      if (this.x[place] >= left && this.x[place] <= right && this.y[place] >= bottom && this.y[place] <= top) {
        found.push([(this.x[place] - x) ** 2 + (this.y[place] - y) ** 2, place]);
      }
    });
    return found.sort((one, other) => one[0] - other[0]).slice(0, most).map(([, place]) => place);
  }

  /** The nearest point that lies more in a direction (dx, dy) than beside it; -1 at the border. */
  towards(from, dx, dy, fits = () => true) {
    let [best, least] = [-1, Infinity];
    for (let place = 0; place < this.length; place++) {
      const [x, y] = [this.x[place] - this.x[from], this.y[place] - this.y[from]];
      const ahead = x * dx + y * dy;
      const aside = Math.abs(x * dy - y * dx);
      if (place === from || ahead <= 0 || aside > ahead || !fits(place)) continue;
      const far = ahead + 2 * aside;
      if (far < least) [best, least] = [place, far];
    }
    return best;
  }

  #cell(value) {
    return Math.min(this.#side - 1, Math.max(0, Math.floor(value * this.#side)));
  }

  #fill() {
    const cells = Int32Array.from(this.ids, (_, place) => this.#cell(this.y[place]) * this.#side + this.#cell(this.x[place]));
    this.#starts = new Int32Array(this.#side * this.#side + 1);
    for (const cell of cells) this.#starts[cell + 1]++;
    for (let cell = 0; cell < this.#side * this.#side; cell++) this.#starts[cell + 1] += this.#starts[cell];
    const next = this.#starts.slice();
    this.#sorted = new Int32Array(this.length);
    cells.forEach((cell, place) => (this.#sorted[next[cell]++] = place));
  }

  /** Calls `visit` with every place inside a rectangle, and with some beside it. */
  within(left, bottom, right, top, visit) {
    for (let row = this.#cell(bottom); row <= this.#cell(top); row++) {
      const first = this.#starts[row * this.#side + this.#cell(left)];
      const last = this.#starts[row * this.#side + this.#cell(right) + 1];
      for (let at = first; at < last; at++) visit(this.#sorted[at]);
    }
  }
}
