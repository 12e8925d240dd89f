// What a showtime's journal says was granted and sold, counted without any rule of the sale. Whether
// its entries may follow each other is the server's audit's to say, which replays them.
// It shares nothing with k6, so that it can be tested.

/** @typedef {{kind: string} & Record<string, any>} Entry */

export class JournalCounts {
  /** @type {Set<string>} */
  #soldSeats = new Set();

  constructor() {
    this.entries = 0;
    /** Seats and standing places of all holds, live and ended. */
    this.granted = 0;
    /** Seats and standing places sold. */
    this.sold = 0;
    /** Seats sold again: no load test cancels, so a seat that is sold stays so. */
    this.doubles = 0;
  }

  /** @param {Entry} entry */
  add(entry) {
    this.entries += 1;
    if (entry.kind === 'held') {
      this.granted += count(entry);
    } else if (entry.kind === 'confirmed') {
      this.sold += count(entry);
      for (const seat of entry.seats) {
        this.doubles += this.#soldSeats.has(seat) ? 1 : 0;
        this.#soldSeats.add(seat);
      }
    }
  }
}

/** @param {Entry} entry @returns {number} its places */
function count({ seats, areas }) {
  let places = seats.length;
  for (const { quantity } of areas) {
    places += quantity;
  }
  return places;
}
