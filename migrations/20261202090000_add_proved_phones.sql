-- Why: people sign in with a code that is sent to their phone. A number that is proved opens an account, so it
-- has one account, and an account that is reached by it needs no address of mail.

set local lock_timeout = '3s';

alter table accounts add column phone_verified_at timestamptz;

-- What old rows are is looked at in a step of its own.
alter table accounts drop constraint accounts_erased_or_whole;
alter table accounts add constraint accounts_erased_or_whole check (
    case when erased_at is null
        then name is not null
            and (email is null) = (email_key is null)
            and (email is not null or email_verified_at is null)
            and (phone is not null or phone_verified_at is null)
            and (email is not null or phone_verified_at is not null)
        else email is null and email_key is null and name is null and phone is null
            and phone_verified_at is null and password_hash is null
    end) not valid;

-- Whatever writes another number has not proved it: also the program before this one, which does not know of
-- proofs, while a release rolls out.
create function forget_proof_of_phone() returns trigger language plpgsql as $$
begin
    if new.phone_verified_at is not distinct from old.phone_verified_at then
        new.phone_verified_at := null;
    end if;
    return new;
end
$$;

create trigger accounts_forget_proof_of_phone before update of phone on accounts
    for each row when (new.phone is distinct from old.phone)
    execute function forget_proof_of_phone();
