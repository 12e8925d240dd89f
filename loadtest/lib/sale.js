// What a run sells: a showtime of its own, so that runs never disturb each other or a real sale.
import { createShowtime } from './client.js';
import { editor } from './tokens.js';

/**
 * @typedef {object} Sale what `setup` hands to everybody
 * @property {string} showtime
 * @property {number} seats
 * @property {number} seatsPerRow
 * @property {string} onSaleFrom empty when it is on sale at once
 *
 * @typedef {object} Terms
 * @property {string} title
 * @property {number} seats
 * @property {number} [seatsPerRow]
 * @property {number} [standing] places of a standing area, `PIT`
 * @property {number} [holdTtlSeconds]
 * @property {Date} [onSaleFrom]
 */

const SECTION_ROWS = 40;

/**
 * The id of a seat by its number in the layout, from 0, front to back.
 * @param {Sale} sale
 * @param {number} at
 * @returns {string}
 */
export function seatAt(sale, at) {
  const row = Math.floor(at / sale.seatsPerRow);
  const section = Math.floor(row / SECTION_ROWS);
  return `S${section + 1}-${(row % SECTION_ROWS) + 1}-${(at % sale.seatsPerRow) + 1}`;
}

/**
 * So many seats beside each other, starting at a seat of the same row.
 * @param {Sale} sale
 * @param {number} row
 * @param {number} first
 * @param {number} quantity
 * @returns {string[]}
 */
export function neighbours(sale, row, first, quantity) {
  const start = row * sale.seatsPerRow + Math.min(first, sale.seatsPerRow - quantity);
  return Array.from({ length: quantity }, (_, at) => seatAt(sale, start + at));
}

/** @param {number} rows @param {number} seatsPerRow @returns {object[]} */
function sections(rows, seatsPerRow) {
  /** @type {object[]} */
  const all = [];
  for (let done = 0; done < rows; done += SECTION_ROWS) {
    const count = Math.min(SECTION_ROWS, rows - done);
    const code = `S${all.length + 1}`;
    all.push({
      code,
      name: `Section ${all.length + 1}`,
      kind: 'reserved',
      price_tier: 'STD',
      rows: Array.from({ length: count }, (_, at) => ({ row: String(at + 1), seats: seatsPerRow })),
    });
  }
  return all;
}

/**
 * Creates a showtime with at least so many seats, in whole rows.
 * @param {Terms} terms
 * @returns {Sale}
 */
export function createSale(terms) {
  const seatsPerRow = terms.seatsPerRow ?? 50;
  const rows = Math.ceil(terms.seats / seatsPerRow);
  const body = {
    title: `Load test: ${terms.title}`,
    starts_at: new Date(Date.now() + 30 * 86_400_000).toISOString(),
    sections: sections(rows, seatsPerRow),
    price_tiers: [
      { code: 'STD', name: 'Standard', price: { amount: 150_000, currency: 'INR' } },
      { code: 'PIT', name: 'Standing', price: { amount: 80_000, currency: 'INR' } },
    ],
    hold_ttl_seconds: terms.holdTtlSeconds ?? 600,
    // Ready-made tokens mean few buyers; with tokens of their own nobody comes near it.
    max_per_buyer: 1000,
    ...(terms.onSaleFrom ? { on_sale_from: terms.onSaleFrom.toISOString() } : {}),
  };
  if (terms.standing) {
    const pit = { code: 'PIT', name: 'Pit', kind: 'general_admission', price_tier: 'PIT' };
    body.sections.push({ ...pit, capacity: terms.standing });
  }
  const created = createShowtime(editor(), body);
  if (created.status !== 201) {
    throw new Error(`the showtime was not created: ${created.status} ${created.code}`);
  }
  return {
    showtime: created.data.showtime_id,
    seats: rows * seatsPerRow,
    seatsPerRow,
    onSaleFrom: terms.onSaleFrom ? terms.onSaleFrom.toISOString() : '',
  };
}
