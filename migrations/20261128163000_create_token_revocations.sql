-- Why: a leaked token is good until it expires. Here stands for whom it is good no longer: tokens of
-- the subject that were issued before that time are refused. Every server keeps all rows in memory.

create table token_revocations (
    subject uuid not null,
    not_before timestamptz not null,
    constraint token_revocations_pkey primary key (subject)
);
