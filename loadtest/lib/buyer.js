// A buyer at the counter: holds and buys, counts the results, and notices broken promises.
import { confirm, hold, LOST_RACES, race, readHold, release } from './client.js';
import {
  doubleSold,
  promiseBroken,
  seatsGranted,
  seatsRefused,
  seatsSold,
  unaccountedGrants,
  unaccountedSales,
} from './metrics.js';
import { editor } from './tokens.js';

/**
 * @typedef {import('./client.js').HoldWish} HoldWish
 * @typedef {import('./client.js').Answer} Answer
 * @typedef {import('./client.js').Allowed} Allowed
 * @typedef {import('./sale.js').Sale} Sale
 *
 * @typedef {object} Hold a hold that was granted
 * @property {string} id
 * @property {string} token its buyer's
 * @property {string[]} seats
 * @property {number} places with those in standing areas
 * @property {number} deadline in milliseconds of the server's clock
 * @property {number} ttlSeconds
 * @property {number} heard when the answer came, in milliseconds of our clock
 */

/** @param {HoldWish} wish @returns {number} */
function places(wish) {
  const areas = (wish.areas ?? []).reduce((sum, area) => sum + area.quantity, 0);
  return (wish.seats ?? []).length + areas + (wish.best_available?.quantity ?? 0);
}

/**
 * @param {string} token
 * @param {HoldWish} wish
 * @param {Answer} answer
 * @returns {Hold | null}
 */
function outcome(token, wish, answer) {
  const wanted = places(wish);
  if (answer.status !== 201) {
    if (answer.status === 409) {
      seatsRefused.add(wanted, { code: answer.code });
    }
    return null;
  }
  seatsGranted.add(wanted);
  unaccountedGrants.add(wanted);
  /** @type {string[]} */
  const seats = answer.data.seats.map((/** @type {{seat_id: string}} */ seat) => seat.seat_id);
  if (wish.seats && !same(wish.seats, seats)) {
    promiseBroken(`asked for ${wish.seats.join()} and got ${seats.join()}`);
  }
  return {
    id: answer.data.hold_id,
    token,
    seats,
    places: wanted,
    deadline: Date.parse(answer.data.expires_at),
    ttlSeconds: answer.data.expires_in_seconds,
    heard: Date.now(),
  };
}

/**
 * Asks for places; nothing when somebody else was faster.
 * @param {string} token
 * @param {Sale} sale
 * @param {HoldWish} wish
 * @param {Allowed[]} [refusals]
 * @returns {Hold | null}
 */
export function tryHold(token, sale, wish, refusals = LOST_RACES) {
  return outcome(token, wish, hold(token, sale.showtime, wish, refusals));
}

/**
 * Many ask for the same seats at the same moment. Nobody releases and nothing expires before all
 * have their answer, so two winners are two owners of one seat.
 * @param {string[]} tokens
 * @param {Sale} sale
 * @param {string[]} seats
 * @returns {Hold | null} the winner's
 */
export function raceFor(tokens, sale, seats) {
  const wish = { seats, ttl_seconds: 60 };
  const answers = race(tokens, sale.showtime, wish);
  const holds = answers.map((answer, at) => outcome(tokens[at] ?? '', wish, answer));
  const [winner, ...others] = holds.filter((held) => held !== null);
  if (others.length > 0) {
    doubleSold.add(others.length * seats.length);
    console.error(`${others.length + 1} buyers hold ${seats.join()} at once`);
  }
  return winner ?? null;
}

/**
 * A hold is its buyer's until its deadline, and nobody else gets its seats meanwhile.
 * @param {Sale} sale
 * @param {Hold} held
 * @param {string} rival another buyer's token
 */
export function mustStillBeMine(sale, held, rival) {
  const now = readHold(held.token, sale.showtime, held.id);
  if (now.expected && now.data.status !== 'held') {
    promiseBroken(`hold ${held.id} is ${now.data.status} before its deadline`);
  }
  const taken = tryHold(rival, sale, { seats: held.seats, ttl_seconds: 60 });
  if (taken) {
    doubleSold.add(taken.places);
    console.error(`${held.seats.join()} was given away while it was held`);
  }
}

/**
 * Gives a hold back.
 * @param {Sale} sale
 * @param {Hold} held
 */
export function giveBack(sale, held) {
  release(held.token, sale.showtime, held.id);
}

/**
 * The buyer pays at the box office, which sells the hold.
 * @param {Sale} sale
 * @param {Hold} held
 * @returns {boolean} whether it was sold
 */
export function sellAtBoxOffice(sale, held) {
  const answer = confirm(editor(), sale.showtime, held.id, `till-${held.id}`);
  if (answer.status !== 200) {
    return false;
  }
  seatsSold.add(held.places);
  unaccountedSales.add(held.places);
  /** @type {{seat_id: string | null}[]} */
  const tickets = answer.data.tickets;
  const seats = tickets.map((ticket) => ticket.seat_id).filter((seat) => seat !== null);
  if (tickets.length !== held.places || !same(seats, held.seats)) {
    promiseBroken(`hold ${held.id} of ${held.seats.join()} was sold as ${seats.join()}`);
  }
  return true;
}

/** @param {string[]} some @param {string[]} others @returns {boolean} */
function same(some, others) {
  return [...some].sort().join() === [...others].sort().join();
}
