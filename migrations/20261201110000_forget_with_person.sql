-- Why: what is kept of a person in tables that the program before this one does not know must go when that
-- program erases them, too, while both run; and what the log says of people is not to be rewritten.

create function forget_person() returns trigger language plpgsql as $$
begin
    delete from account_identities where account_id = new.id;
    delete from audit_log_people where account_id = new.id;
    return null;
end
$$;

create trigger accounts_forget_person after update of erased_at on accounts
    for each row when (new.erased_at is not null)
    execute function forget_person();

create trigger audit_log_people_append_only before update or truncate on audit_log_people
    for each statement execute function refuse_to_change_audit_log();

revoke update, truncate on audit_log_people from public, current_user;
