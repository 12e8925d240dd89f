-- Why: reading all jobs takes a while, and nobody who sells waits for this.

alter table outbox validate constraint outbox_entry_whole;
