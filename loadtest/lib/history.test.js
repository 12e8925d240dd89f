// Shows that the second opinion can say no: node --test lib/history.test.js
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { History } from './history.js';

const second = (n) => new Date(Date.UTC(2027, 0, 1, 0, 0, n)).toISOString();
const opened = { kind: 'opened', on_sale_from: null };
const held = (hold, seats, until = 60) => ({
  kind: 'held',
  hold_id: hold,
  seats,
  areas: [],
  expires_at: second(until),
  replaced_hold_id: null,
});
const expired = (...holds) => ({ kind: 'expired', hold_ids: holds });
const released = (hold) => ({ kind: 'released', hold_id: hold });
const confirmed = (hold, booking, seats) => ({
  kind: 'confirmed',
  hold_id: hold,
  booking_id: booking,
  seats,
  areas: [],
});

/** Replays entries, one a second. */
function replay(...entries) {
  const history = new History();
  entries.forEach((entry, at) => history.apply({ seq: at + 1, at: second(at), ...entry }));
  return history;
}

test('a sale without faults has no contradictions', () => {
  const history = replay(
    opened,
    held('h1', ['A', 'B']),
    confirmed('h1', 'b1', ['A', 'B']),
    held('h2', ['C']),
    released('h2'),
    held('h3', ['C'], 5),
    { ...expired('h3'), at: second(5) },
    { kind: 'held', ...held('h4', ['C']), replaced_hold_id: null },
    held('h5', ['D']),
    { ...held('h6', ['D', 'E']), replaced_hold_id: 'h5' },
    { kind: 'blocked', seats: ['F'], areas: [] },
    { kind: 'unblocked', seats: ['F'], areas: [] },
  );
  assert.deepEqual(history.contradictions, []);
  assert.equal(history.granted, 8);
  assert.equal(history.sold, 2);
  assert.equal(history.held, 3);
  assert.equal(history.doubles, 0);
});

test('two holds of one seat are a double', () => {
  assert.equal(replay(opened, held('h1', ['A']), held('h2', ['A', 'B'])).doubles, 1);
});

test('a hold of a sold seat is a double', () => {
  const history = replay(opened, held('h1', ['A']), confirmed('h1', 'b', ['A']), held('h2', ['A']));
  assert.equal(history.doubles, 1);
});

test('a blocked seat is not to be had', () => {
  const blocked = { kind: 'blocked', seats: ['A'], areas: [] };
  assert.equal(replay(opened, blocked, held('h1', ['A'])).doubles, 1);
});

for (const [what, entries, said] of [
  ['expiry before the deadline', [opened, held('h', ['A']), expired('h')], /before its deadline/],
  ['a release of nothing', [opened, released('h')], /not live/],
  ['a second release', [opened, held('h', ['A']), released('h'), released('h')], /not live/],
  ['a sale without a hold', [opened, confirmed('h', 'b', ['A'])], /not live/],
  ['a sale of more', [opened, held('h', ['A']), confirmed('h', 'b', ['A', 'B'])], /other places/],
  ['a hold before the sale', [{ ...opened, on_sale_from: second(9) }, held('h', ['A'])], /before/],
  ['a gap', [opened, { ...held('h', ['A']), seq: 3 }], /comes after entry 1/],
  ['an unknown decision', [opened, { kind: 'rebuilt' }], /no load test causes/],
]) {
  test(`${what} is a contradiction`, () => {
    assert.match(replay(...entries).contradictions.join('\n'), said);
  });
}
