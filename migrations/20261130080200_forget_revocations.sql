-- Why: people end their tokens themselves now, all over, as often as they like. A revocation matters only
-- until the last token that it refuses would have expired anyway; then its row can go. Those from
-- before, and those of the program before this one, stay.

set local lock_timeout = '3s';

alter table token_revocations add column forget_at timestamptz not null default 'infinity';

create index token_revocations_by_age_idx on token_revocations (forget_at);
