// Open-model arrivals: people come when they come, however slow the server is. A run that cannot
// start an iteration in time has dropped it, which a threshold makes a failure.

/** How long an iteration in progress may go on after its scenario's end. */
const GRACE = '30s';

/**
 * So many arrivals a second for so long.
 * @param {object} plan
 * @param {string} plan.exec the exported function
 * @param {number} plan.rate a second
 * @param {number} plan.seconds
 * @param {number} plan.busySeconds how long one iteration takes at most, for enough VUs
 * @param {number} [plan.startSeconds]
 * @param {string} [plan.grace]
 * @returns {import('k6/options').Scenario}
 */
export function arrivals({ exec, rate, seconds, busySeconds, startSeconds = 0, grace = GRACE }) {
  // Whole numbers only: a rate below one a second is said per thousand seconds.
  const slow = rate < 1;
  return {
    executor: 'constant-arrival-rate',
    exec,
    rate: Math.max(1, Math.round(slow ? rate * 1000 : rate)),
    timeUnit: slow ? '1000s' : '1s',
    duration: duration(seconds),
    startTime: duration(startSeconds),
    ...vus(rate, busySeconds),
    gracefulStop: grace,
  };
}

/**
 * Arrivals that swell and fall: from the first rate to each next one, in so many seconds.
 * @param {object} plan
 * @param {string} plan.exec
 * @param {number} plan.startRate
 * @param {[rate: number, seconds: number][]} plan.stages
 * @param {number} plan.busySeconds
 * @param {number} [plan.startSeconds]
 * @returns {import('k6/options').Scenario}
 */
export function swell({ exec, startRate, stages, busySeconds, startSeconds = 0 }) {
  const peak = Math.max(startRate, ...stages.map(([rate]) => rate));
  return {
    executor: 'ramping-arrival-rate',
    exec,
    startRate: Math.round(startRate),
    timeUnit: '1s',
    stages: stages.map(([rate, seconds]) => ({
      target: Math.round(rate),
      duration: duration(seconds),
    })),
    startTime: duration(startSeconds),
    ...vus(peak, busySeconds),
    gracefulStop: GRACE,
  };
}

/** @param {number} seconds @returns {string} */
export function duration(seconds) {
  return `${Math.round(seconds * 1000)}ms`;
}

/**
 * VUs are made beforehand: one that is made in the middle of a rush comes too late for it.
 * @param {number} rate
 * @param {number} busySeconds
 * @returns {{preAllocatedVUs: number, maxVUs: number}}
 */
function vus(rate, busySeconds) {
  const usual = Math.ceil(rate * busySeconds) + 5;
  return { preAllocatedVUs: usual, maxVUs: usual * 2 };
}
