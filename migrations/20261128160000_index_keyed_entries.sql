-- Why: an owner remembers the newest answers to keyed requests in memory; an older one is looked up
-- here, so that a repeated request finds its first answer for as long as the showtime is kept. The
-- key lies at a fixed place of the payload: after the version byte comes 01 for "has a request", then
-- 10 (hexadecimal), the key's length, and then its 16 bytes. What has no key costs nothing.
--
-- Showtime and key are one expression. As two columns, the primary key would serve the first of them
-- as well, and a planner that last saw the showtime when it had few entries prefers that one: then
-- each look-up of a sale walks all that it has sold.
set local lock_timeout = '3s';

create index journal_keyed_idx on journal ((uuid_send(showtime_id) || substring(payload from 4 for 16)))
where substring(payload from 2 for 2) = '\x0110'::bytea;
