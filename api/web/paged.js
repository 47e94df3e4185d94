// A list of the API that is read page by page, as far as somebody looks.

const PAGE = 100;
// An archive grows: what was read so long ago is read anew when somebody comes back to it; later where they went far
// down, and want to go on there.
const OLD_MS = 60_000;
const OLD_FAR_MS = 10 * OLD_MS;

export class Paged {
  items = [];
  total = null;
  #after = null;
  #hasNext = true;
  #reading = null;
  #read;
  #madeAt = Date.now();

  /** `read({first, after})` returns a connection. */
  constructor(read) {
    this.#read = read;
  }

  /** Whether it is worth showing again. */
  get isFresh() {
    return this.items.length > 0 && Date.now() - this.#madeAt < (this.items.length > PAGE ? OLD_FAR_MS : OLD_MS);
  }

  get isWhole() {
    return !this.#hasNext;
  }

  /** The next page, if there is one; asked for twice, it is read once. */
  more() {
    if (this.isWhole) return Promise.resolve();
    this.#reading ??= this.#page().finally(() => (this.#reading = null));
    return this.#reading;
  }

  async #page() {
    const page = await this.#read({ first: PAGE, after: this.#after });
    this.items.push(...page.nodes);
    this.total = page.totalCount ?? this.total;
    this.#after = page.pageInfo.endCursor;
    this.#hasNext = page.pageInfo.hasNextPage;
  }
}
