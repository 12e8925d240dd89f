-- no-transaction
-- Why: a number that is proved opens one account, and is found among all. Nobody who signs in waits for this.

create unique index concurrently if not exists accounts_proved_phone_unique
    on accounts (phone) where phone_verified_at is not null;
