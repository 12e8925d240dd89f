// A second opinion: replays a showtime's journal with rules simple enough to be read at a glance.
// It shares nothing with the server's own replay, and nothing with k6, so that it can be tested.

/**
 * @typedef {{section: string, quantity: number}} Area
 * @typedef {{seats: string[], areas: Area[]}} Places
 * @typedef {Places & {deadline: number}} LiveHold
 * @typedef {{seq: number, at: string, kind: string} & Record<string, any>} Entry
 */

export class History {
  constructor() {
    /** The last entry seen. */
    this.seq = 0;
    /** @type {string[]} what contradicts the rules, in words */
    this.contradictions = [];
    /** Seats that were given away while somebody had them. */
    this.doubles = 0;
    /** Seats and standing places granted in all. */
    this.granted = 0;
    /** Seats and standing places sold in all. */
    this.sold = 0;
    /** @type {Map<string, string>} seat → the hold or booking that has it */
    this.taken = new Map();
    /** @type {Map<string, LiveHold>} */
    this.holds = new Map();
    /** @type {Map<string, Places>} */
    this.bookings = new Map();
    this.onSaleFrom = 0;
  }

  /** @param {Entry} entry */
  apply(entry) {
    if (entry.seq !== this.seq + 1) {
      this.#contradict(entry, `comes after entry ${this.seq}`);
    }
    this.seq = entry.seq;
    switch (entry.kind) {
      case 'opened':
      case 'reconfigured':
        this.onSaleFrom = entry.on_sale_from ? Date.parse(entry.on_sale_from) : 0;
        break;
      case 'held':
        this.#held(entry);
        break;
      case 'extended':
        this.#live(entry, entry.hold_id).deadline = Date.parse(entry.expires_at);
        break;
      case 'released':
        this.#end(entry, entry.hold_id);
        break;
      case 'expired':
        entry.hold_ids.forEach((/** @type {string} */ hold) => this.#expired(entry, hold));
        break;
      case 'confirmed':
        this.#confirmed(entry);
        break;
      case 'blocked':
        this.#take(entry, entry.seats, 'staff');
        break;
      case 'unblocked':
        this.#free(entry, entry.seats, 'staff');
        break;
      default:
        this.#contradict(entry, 'is of a kind that no load test causes');
    }
  }

  /** Seats and standing places that live holds have. */
  get held() {
    let places = 0;
    for (const hold of this.holds.values()) {
      places += count(hold);
    }
    return places;
  }

  /** @param {Entry} entry */
  #held(entry) {
    if (Date.parse(entry.at) < this.onSaleFrom) {
      this.#contradict(entry, 'is a hold before the sale began');
    }
    if (entry.replaced_hold_id) {
      this.#end(entry, entry.replaced_hold_id);
    }
    const places = { seats: entry.seats, areas: entry.areas };
    this.#take(entry, entry.seats, entry.hold_id);
    this.holds.set(entry.hold_id, { ...places, deadline: Date.parse(entry.expires_at) });
    this.granted += count(places);
  }

  /** @param {Entry} entry @param {string} id */
  #expired(entry, id) {
    if (Date.parse(entry.at) < this.#live(entry, id).deadline) {
      this.#contradict(entry, `ends hold ${id} before its deadline`);
    }
    this.#end(entry, id);
  }

  /** @param {Entry} entry */
  #confirmed(entry) {
    const places = { seats: entry.seats, areas: entry.areas };
    if (count(this.#live(entry, entry.hold_id)) !== count(places)) {
      this.#contradict(entry, `sells other places than hold ${entry.hold_id} has`);
    }
    this.#end(entry, entry.hold_id);
    this.#take(entry, entry.seats, entry.booking_id);
    this.bookings.set(entry.booking_id, places);
    this.sold += count(places);
  }

  /** @param {Entry} entry @param {string} id @returns {LiveHold} */
  #live(entry, id) {
    const hold = this.holds.get(id);
    if (!hold) {
      this.#contradict(entry, `needs hold ${id}, which is not live`);
    }
    return hold ?? { seats: [], areas: [], deadline: 0 };
  }

  /** @param {Entry} entry @param {string} id */
  #end(entry, id) {
    this.#free(entry, this.#live(entry, id).seats, id);
    this.holds.delete(id);
  }

  /** @param {Entry} entry @param {string[]} seats @param {string} by */
  #take(entry, seats, by) {
    for (const seat of seats) {
      const owner = this.taken.get(seat);
      if (owner !== undefined) {
        this.doubles += 1;
        this.#contradict(entry, `gives ${seat} to ${by} while ${owner} has it`);
      }
      this.taken.set(seat, by);
    }
  }

  /** @param {Entry} entry @param {string[]} seats @param {string} by */
  #free(entry, seats, by) {
    for (const seat of seats) {
      const owner = this.taken.get(seat);
      if (owner !== by) {
        this.#contradict(entry, `takes ${seat} from ${by}, but ${owner ?? 'nobody'} has it`);
      }
      this.taken.delete(seat);
    }
  }

  /** @param {Entry} entry @param {string} what */
  #contradict(entry, what) {
    this.contradictions.push(`entry ${entry.seq} (${entry.kind}) ${what}`);
  }
}

/** @param {Places} places @returns {number} */
function count(places) {
  return places.areas.reduce((sum, area) => sum + area.quantity, places.seats.length);
}
