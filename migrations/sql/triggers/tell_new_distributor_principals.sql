-- New rows of distributor_principals are told to open pages.
create trigger tell_new_distributor_principals
    after insert on distributor_principals
    referencing new table as fresh
    for each statement execute function tell_change('principal_id');
