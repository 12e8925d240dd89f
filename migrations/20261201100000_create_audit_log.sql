-- Why: who runs this must be able to say who did what: which of the staff blocked a seat, who gave whom a
-- role, from which request a password was changed. What was written there is never changed.

create table audit_log (
    id bigint generated always as identity,
    at timestamptz not null,
    -- An account, an API key, or the subject of a token of the operator's; null when somebody was signed in
    -- nowhere, and on the command line.
    actor_id uuid,
    source text not null,
    action text not null,
    target_kind text not null,
    target_id uuid not null,
    -- The entry of the showtime's journal that says the rest.
    seq bigint,
    before jsonb,
    after jsonb,
    request_id text,
    constraint audit_log_pkey primary key (id),
    constraint audit_log_source_known check (source in ('api', 'command_line')),
    constraint audit_log_target_known check (target_kind in ('account', 'api_key', 'showtime'))
);

create index audit_log_newest_idx on audit_log (at, id);
create index audit_log_of_actor_idx on audit_log (actor_id, at, id);
create index audit_log_of_target_idx on audit_log (target_id, at, id);
create index audit_log_of_action_idx on audit_log (action, at, id);

-- Names, addresses and numbers that were changed. They go when the person is erased; the row that says that
-- something was changed, when and by whom, stays.
create table audit_log_people (
    audit_id bigint not null,
    account_id uuid not null,
    before jsonb,
    after jsonb,
    constraint audit_log_people_pkey primary key (audit_id)
);

create index audit_log_people_of_account_idx on audit_log_people (account_id);

create function refuse_to_change_audit_log() returns trigger language plpgsql as $$
begin
    raise exception 'audit_log is append-only: rows are neither changed nor deleted'
        using errcode = 'insufficient_privilege';
end
$$;

-- For everybody, superusers too.
create trigger audit_log_append_only before update or delete or truncate on audit_log
    for each statement execute function refuse_to_change_audit_log();

-- For whoever owns the table as well, so that no statement of the program can even try.
revoke update, delete, truncate on audit_log from public, current_user;
