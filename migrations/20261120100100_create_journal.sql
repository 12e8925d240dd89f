-- Why: the journal is the truth; everything else can be made from it again. It is only ever
-- appended to, and its key is the second wall behind the fence: of two owners at most one can
-- write a number. There is no foreign key, because checking it would cost more per event than
-- writing the event; rows come only from a batch whose fence has just read the owner's row.

create table journal (
    showtime_id uuid not null,
    seq bigint not null,
    epoch bigint not null,
    at timestamptz not null,
    kind smallint not null,
    payload bytea not null,
    constraint journal_pkey primary key (showtime_id, seq),
    constraint journal_seq_from_one check (seq >= 1)
)
-- Rows never change, so vacuum has little to do here and need not follow every insert closely.
with (
    autovacuum_vacuum_insert_threshold = 1000000,
    autovacuum_analyze_threshold = 100000
);

-- Payloads are small and dense; trying to compress the few big ones is not worth its time.
alter table journal alter column payload set storage external;

create table snapshot (
    showtime_id uuid not null,
    seq bigint not null,
    payload bytea not null,
    constraint snapshot_pkey primary key (showtime_id, seq),
    constraint snapshot_showtime_id_fkey foreign key (showtime_id) references showtimes (id)
);

alter table snapshot alter column payload set storage external;
