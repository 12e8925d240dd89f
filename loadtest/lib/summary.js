// What a run leaves behind: a short text for people, and everything as JSON.
import { RESULTS } from './settings.js';

/** The metrics that the text shows when they have a value, in this order. */
const COUNTS = [
  'iterations',
  'dropped_iterations',
  'http_reqs',
  'seats_granted',
  'seats_refused',
  'seats_sold',
  'double_sold',
  'broken_promises',
  'audit_differences',
];

/** @param {number} value @returns {string} */
function short(value) {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
}

/**
 * The value that a bound such as `p(95)<250` is about.
 * @param {any} metric
 * @param {string} bound
 * @returns {string}
 */
function measured(metric, bound) {
  const name = /^[a-z]+(\(\d+\))?/.exec(bound)?.[0] ?? '';
  const value = metric.values[name];
  return value === undefined ? 'no value' : short(value);
}

/** @param {Record<string, any>} metrics @returns {string[]} */
function bounds(metrics) {
  const lines = [];
  for (const name of Object.keys(metrics).sort()) {
    const all = Object.entries(metrics[name].thresholds ?? {});
    for (const [bound, { ok }] of /** @type {[string, {ok: boolean}][]} */ (all)) {
      const is = measured(metrics[name], bound);
      lines.push(`  ${ok ? 'ok    ' : 'FAILED'} ${name}: ${bound}, is ${is}`);
    }
  }
  return lines;
}

/**
 * Makes the `handleSummary` of a script.
 * @param {string} name
 * @returns {(data: any) => Record<string, string>}
 */
export function summary(name) {
  return (data) => {
    const { metrics, state, setup_data: sale } = data;
    const seconds = state.testRunDurationMs / 1000;
    const counts = COUNTS.filter((count) => metrics[count]).map(
      (count) => `${count} ${metrics[count].values.count}`,
    );
    const held = bounds(metrics);
    const failed = held.filter((line) => line.includes('FAILED')).length;
    const verdict = failed > 0 ? `${failed} of ${held.length} thresholds failed` : 'thresholds held';
    const lines = [
      '',
      `${name}: ${verdict} after ${seconds.toFixed(1)} s`,
      `  ${counts.join(', ')}`,
      ...held,
      '',
      '',
    ];
    const report = { name, at: new Date().toISOString(), seconds, sale, metrics };
    return {
      stdout: lines.join('\n'),
      [`${RESULTS}/${name}.json`]: `${JSON.stringify(report, null, 2)}\n`,
    };
  };
}

/** The statistics of durations that thresholds and reports use. */
export const TREND_STATS = ['min', 'med', 'avg', 'p(90)', 'p(95)', 'p(99)', 'max'];
