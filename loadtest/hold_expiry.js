// Holds that nobody comes back for. Until its deadline a hold's seat is not to be had; right after
// it is, whether somebody waits for it or not.
import { check, sleep } from 'k6';
import exec from 'k6/execution';

import { auditOrAbort } from './lib/audit.js';
import { giveBack, mustStillBeMine, tryHold } from './lib/buyer.js';
import { extend, look, readHold } from './lib/client.js';
import { createSale, seatAt } from './lib/sale.js';
import { freedAfter, promiseBroken } from './lib/metrics.js';
import { arrivals } from './lib/scenarios.js';
import { LATENCY_FACTOR, number } from './lib/settings.js';
import { summary, TREND_STATS } from './lib/summary.js';
import { guarded, latency, thresholds } from './lib/thresholds.js';
import { newBuyer } from './lib/tokens.js';

/** @typedef {import('./lib/sale.js').Sale} Sale */

/** Holds a second, half of them watched closely. */
const RATE = number('LOAD_RATE', 20);
const SECONDS = number('LOAD_SECONDS', 20);

/** The shortest that can be asked for. */
const TTL_SECONDS = 60;
/** A rival begins to ask so long before the deadline, and gives up so long after it. */
const MARGIN_SECONDS = 2;
const POLL_SECONDS = 0.1;

const TURNS = Math.ceil((RATE / 2) * SECONDS) + 2;
const BUSY_SECONDS = TTL_SECONDS + 2 * MARGIN_SECONDS;

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    watched: arrivals({
      exec: 'watched',
      rate: RATE / 2,
      seconds: SECONDS,
      // They come for so long and stay for longer, so all of them are there at once.
      busySeconds: Math.min(SECONDS, BUSY_SECONDS),
      grace: '90s',
    }),
    left: arrivals({ exec: 'left', rate: RATE / 2, seconds: SECONDS, busySeconds: 0.5 }),
  },
  thresholds: thresholds({
    freed_after: [`p(99)<${500 * LATENCY_FACTOR}`, `max<${MARGIN_SECONDS * 1000}`],
    seats_refused: ['count>0'],
    ...latency('hold', 100, 400),
  }),
  summaryTrendStats: TREND_STATS,
};

/** @returns {Sale} */
export function setup() {
  return createSale({ title: 'hold expiry', seats: 2 * TURNS });
}

/** Somebody else asks for the seat all around the deadline. */
export const watched = guarded((/** @type {Sale} */ sale) => {
  const seats = [seatAt(sale, exec.scenario.iterationInTest)];
  const held = tryHold(newBuyer(), sale, { seats, ttl_seconds: TTL_SECONDS });
  if (!check(held, { 'free seats are granted': (hold) => hold !== null }) || !held) {
    return;
  }
  sleep((held.heard - Date.now()) / 1000 + TTL_SECONDS - MARGIN_SECONDS);
  mustStillBeMine(sale, held, newBuyer());

  const rival = newBuyer();
  const giveUp = held.heard + (TTL_SECONDS + MARGIN_SECONDS) * 1000;
  let next = null;
  while (!next && Date.now() < giveUp) {
    next = tryHold(rival, sale, { seats, ttl_seconds: TTL_SECONDS });
    sleep(next ? 0 : POLL_SECONDS);
  }
  if (!next) {
    promiseBroken(`${seats.join()} was not free ${MARGIN_SECONDS} s after the deadline`);
    return;
  }
  // Both moments are the server's own, so no clock of ours can be wrong.
  const lateMs = next.deadline - TTL_SECONDS * 1000 - held.deadline;
  freedAfter.add(lateMs);
  if (lateMs < 0) {
    promiseBroken(`${seats.join()} was given away ${-lateMs} ms before the deadline`);
  }
  const old = readHold(held.token, sale.showtime, held.id);
  const late = extend(held.token, sale.showtime, held.id, 60, ['HOLD_EXPIRED']);
  check(null, {
    'the old hold is expired': () => old.data.status === 'expired',
    'and cannot be extended': () => late.code === 'HOLD_EXPIRED',
  });
  giveBack(sale, next);
});

/** Nobody asks; `teardown` looks whether the seats came back by themselves. */
export const left = guarded((/** @type {Sale} */ sale) => {
  const seats = [seatAt(sale, TURNS + exec.scenario.iterationInTest)];
  const held = tryHold(newBuyer(), sale, { seats, ttl_seconds: TTL_SECONDS });
  check(held, { 'free seats are granted': (hold) => hold !== null });
});

/** @param {Sale} sale */
export function teardown(sale) {
  sleep(MARGIN_SECONDS);
  const report = auditOrAbort(sale.showtime);
  const availability = look('availability', sale.showtime);
  check(null, {
    'every seat came back': () => report.held === 0 && report.free === report.capacity,
    'and readers see it': () => availability.data.available === sale.seats,
  });
}

export const handleSummary = summary('hold_expiry');
