-- Why: a showtime can be prepared before anybody sees it, and the house says how long a buyer may
-- keep a place without buying it. Showtimes from before have no such time in their row: theirs is
-- half an hour, or as long as a hold lives by default if that is longer, as their events say too.
-- The program before this one still writes rows without it.

set local lock_timeout = '3s';

alter table showtimes add column hold_ttl_max_seconds integer;

alter table showtimes drop constraint showtimes_status_known;
alter table showtimes add constraint showtimes_status_known
    check (status in ('draft', 'open', 'paused', 'cancelled'));

-- The public list and its count walk this index and meet no drafts in it. The one from before,
-- showtimes_newest_sale_first_idx, serves the program before this one, and goes in a later step.
create index showtimes_announced_idx
    on showtimes ((coalesce(on_sale_from, created_at)) desc, id desc) where status <> 'draft';
