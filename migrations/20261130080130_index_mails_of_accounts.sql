-- no-transaction
-- Why: when a person is erased, so are the mails that wait for them.

create index concurrently if not exists outbox_mails_of_account_idx
    on outbox ((payload ->> 'account_id')) where topic = 'mail';
