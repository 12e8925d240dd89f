-- Why: reading all accounts takes a while, and nobody who signs in waits for this.

alter table accounts validate constraint accounts_erased_or_whole;
