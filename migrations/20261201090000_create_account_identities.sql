-- Why: people sign in by a provider of identities, such as Google, who vouches for them. A provider calls
-- somebody the same for ever, while their address may change, so that is what their account is found by.
-- No token of a provider's is kept.

create table account_identities (
    -- The provider.
    issuer text not null,
    -- What it calls them.
    subject text not null,
    account_id uuid not null,
    created_at timestamptz not null,
    constraint account_identities_pkey primary key (issuer, subject),
    constraint account_identities_account_fkey foreign key (account_id) references accounts (id)
);

create index account_identities_of_account_idx on account_identities (account_id);
