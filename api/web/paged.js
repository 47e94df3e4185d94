// A list of the API that is read page by page, as far as somebody looks.

const PAGE = 100;

export class Paged {
  items = [];
  total = null;
  #after = null;
  #hasNext = true;
  #reading = null;
  #read;

  /** `read({first, after})` returns a connection. */
  constructor(read) {
    this.#read = read;
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
