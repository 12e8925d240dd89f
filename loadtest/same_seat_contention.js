// All want the same seat, or one of the same ten. There is one winner at a time, and in the end
// each seat is sold once.
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';

import { auditOrAbort } from './lib/audit.js';
import { giveBack, mustStillBeMine, raceFor, sellAtBoxOffice } from './lib/buyer.js';
import { createHouse, seatAt } from './lib/house.js';
import { arrivals } from './lib/scenarios.js';
import { number } from './lib/settings.js';
import { summary, TREND_STATS } from './lib/summary.js';
import { guarded, latency, thresholds } from './lib/thresholds.js';
import { newBuyer } from './lib/tokens.js';

/** @typedef {import('./lib/house.js').House} House */

/** Races a second, half of them for the one seat and half for the ten. */
const RATE = number('LOAD_RATE', 20);
const SECONDS = number('LOAD_SECONDS', 30);
/** Buyers of one race, who all ask at the same moment. */
const RACERS = number('LOAD_RACERS', 20);

const CLOSING_SECONDS = 5;
/** The first seat is the one that all want; the ten are behind it. */
const SEATS = 11;

/** Races that somebody won. */
const racesWon = new Counter('races_won');
/** Races that nobody won, because the winner of another one had the seat. */
const racesLost = new Counter('races_lost');
/** Seats sold, by seat. */
const sold = new Counter('sold');

/** @type {Record<string, string[]>} */
const onceEach = {};
for (let at = 0; at < SEATS; at += 1) {
  onceEach[`sold{seat:${at}}`] = ['count==1'];
}

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    one: arrivals({ exec: 'one', rate: RATE / 2, seconds: SECONDS, busySeconds: 1 }),
    ten: arrivals({ exec: 'ten', rate: RATE / 2, seconds: SECONDS, busySeconds: 1 }),
    closing: arrivals({
      exec: 'closing',
      rate: 2 * SEATS,
      seconds: CLOSING_SECONDS,
      busySeconds: 1,
      startSeconds: SECONDS + 2,
    }),
  },
  thresholds: thresholds({
    races_won: ['count>0'],
    seats_refused: ['count>0'],
    ...onceEach,
    ...latency('hold', 250, 1000),
  }),
  batch: RACERS,
  batchPerHost: RACERS,
  summaryTrendStats: TREND_STATS,
};

/** @returns {House} */
export function setup() {
  return createHouse({ title: 'same seat', seats: SEATS, seatsPerRow: SEATS });
}

/**
 * @param {House} house
 * @param {number} seat
 * @returns {import('./lib/buyer.js').Hold | null}
 */
function raced(house, seat) {
  const buyers = Array.from({ length: RACERS }, newBuyer);
  const held = raceFor(buyers, house, [seatAt(house, seat)]);
  (held ? racesWon : racesLost).add(1);
  return held;
}

/** The winner keeps the seat for a moment, finds it still theirs, and gives it back. */
const fought = (/** @type {House} */ house, /** @type {number} */ seat) => {
  const held = raced(house, seat);
  if (held) {
    sleep(Math.random() * 0.1);
    mustStillBeMine(house, held, newBuyer());
    giveBack(house, held);
  }
};

export const one = guarded((/** @type {House} */ house) => {
  fought(house, 0);
});

export const ten = guarded((/** @type {House} */ house) => {
  fought(house, 1 + Math.floor(Math.random() * (SEATS - 1)));
});

/** Now winners buy, and whoever comes after them is refused for good. */
export const closing = guarded((/** @type {House} */ house) => {
  const seat = exec.scenario.iterationInTest % SEATS;
  const held = raced(house, seat);
  if (held) {
    check(sellAtBoxOffice(house, held), { 'what is held is sold': (done) => done });
    sold.add(1, { seat: String(seat) });
  }
});

/** @param {House} house */
export function teardown(house) {
  const report = auditOrAbort(house.showtime);
  check(report, { 'the house is sold out': ({ booked }) => booked === SEATS });
}

export const handleSummary = summary('same_seat_contention');
