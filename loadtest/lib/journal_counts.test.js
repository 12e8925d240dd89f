// Shows that the counts can say no: node --test lib/journal_counts.test.js
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { JournalCounts } from './journal_counts.js';

const held = (...seats) => ({ kind: 'held', seats, areas: [] });
const confirmed = (...seats) => ({ kind: 'confirmed', seats, areas: [] });
const standing = (kind, quantity) => ({ kind, seats: [], areas: [{ section: 'PIT', quantity }] });

function counted(...entries) {
  const counts = new JournalCounts();
  entries.forEach((entry) => counts.add(entry));
  return { ...counts };
}

test('what was granted and sold is counted, whatever became of the holds', () => {
  const entries = [
    { kind: 'opened' },
    held('A', 'B'),
    confirmed('A', 'B'),
    held('C'),
    { kind: 'released', hold_id: 'h' },
    held('C'),
    standing('held', 3),
    standing('confirmed', 3),
  ];
  assert.deepEqual(counted(...entries), { entries: 8, granted: 7, sold: 5, doubles: 0 });
});

test('a seat that is sold again is a double', () => {
  assert.equal(counted(confirmed('A', 'B'), confirmed('C'), confirmed('A', 'B')).doubles, 2);
});
