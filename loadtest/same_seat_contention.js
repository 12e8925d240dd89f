// All want the same seat, or one of the same ten. There is one winner at a time, and in the end
// each seat is sold once.
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';

import { auditOrAbort } from './lib/audit.js';
import { giveBack, mustStillBeMine, raceFor, sellAtBoxOffice } from './lib/buyer.js';
import { createSale, seatAt } from './lib/sale.js';
import { arrivals } from './lib/scenarios.js';
import { number } from './lib/settings.js';
import { summary, TREND_STATS } from './lib/summary.js';
import { guarded, latency, thresholds } from './lib/thresholds.js';
import { newBuyer } from './lib/tokens.js';

/** @typedef {import('./lib/sale.js').Sale} Sale */

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

/** @returns {Sale} */
export function setup() {
  return createSale({ title: 'same seat', seats: SEATS, seatsPerRow: SEATS });
}

/**
 * @param {Sale} sale
 * @param {number} seat
 * @returns {import('./lib/buyer.js').Hold | null}
 */
function raced(sale, seat) {
  const buyers = Array.from({ length: RACERS }, newBuyer);
  const held = raceFor(buyers, sale, [seatAt(sale, seat)]);
  (held ? racesWon : racesLost).add(1);
  return held;
}

/** The winner keeps the seat for a moment, finds it still theirs, and gives it back. */
const fought = (/** @type {Sale} */ sale, /** @type {number} */ seat) => {
  const held = raced(sale, seat);
  if (held) {
    sleep(Math.random() * 0.1);
    mustStillBeMine(sale, held, newBuyer());
    giveBack(sale, held);
  }
};

export const one = guarded((/** @type {Sale} */ sale) => {
  fought(sale, 0);
});

export const ten = guarded((/** @type {Sale} */ sale) => {
  fought(sale, 1 + Math.floor(Math.random() * (SEATS - 1)));
});

/** Now winners buy, and whoever comes after them is refused for good. */
export const closing = guarded((/** @type {Sale} */ sale) => {
  const seat = exec.scenario.iterationInTest % SEATS;
  const held = raced(sale, seat);
  if (held) {
    check(sellAtBoxOffice(sale, held), { 'what is held is sold': (done) => done });
    sold.add(1, { seat: String(seat) });
  }
});

/** @param {Sale} sale */
export function teardown(sale) {
  const report = auditOrAbort(sale.showtime);
  check(report, { 'every seat is sold': ({ booked }) => booked === SEATS });
}

export const handleSummary = summary('same_seat_contention');
