-- The roles and the database of KitchenPantry CRM. Run by a superuser with psql, connected to the database
-- `postgres`; running it again changes nothing but the passwords to the ones given. `bin/up`, `bin/test` and
-- docker-compose.yml run this very file. By hand, on a server of your own:
--
--   psql -U postgres -d postgres -v ON_ERROR_STOP=1 -v database=pantry \
--        -v owner_password=... -v web_password=... -v worker_password=... -v backup_password=... \
--        -v test_password= -f bin/stack/roles.sql
--
-- The login roles own nothing and see no business row. Each transaction takes kp_staff (a person) or kp_system
-- (the planner) for itself, and only kp_worker may take kp_system; the policies hang on those two.
--
--   kp_owner   owns the database: migrations, restore. No superuser; row security binds it, too.
--   kp_web     what the web processes sign in as
--   kp_worker  what the background workers sign in as
--   kp_backup  reads everything for dumps, past row security, and writes nothing
--   kp_test    only when a test password is given: may take every one of these roles, as the tests do

select format('create role %I', name)
from unnest(array['kp_owner', 'kp_web', 'kp_worker', 'kp_backup', 'kp_staff', 'kp_system']) as name
where not exists (select from pg_roles where rolname = name)
\gexec

alter role kp_owner  login nosuperuser nocreatedb nocreaterole nobypassrls password :'owner_password';
alter role kp_web    login nosuperuser nocreatedb nocreaterole nobypassrls password :'web_password';
alter role kp_worker login nosuperuser nocreatedb nocreaterole nobypassrls password :'worker_password';
alter role kp_backup login nosuperuser nocreatedb nocreaterole bypassrls   password :'backup_password';
alter role kp_staff  nologin nosuperuser nocreatedb nocreaterole nobypassrls;
alter role kp_system nologin nosuperuser nocreatedb nocreaterole nobypassrls;

-- Those who serve people and bells ask for these limits at each connection (crm/db.py); a pooler between drops that
-- request without a word, so they stand here as well.
alter role kp_web    set statement_timeout = '30s';
alter role kp_web    set idle_in_transaction_session_timeout = '150s';
alter role kp_web    set timezone = 'UTC';
alter role kp_worker set statement_timeout = '30s';
alter role kp_worker set idle_in_transaction_session_timeout = '150s';
alter role kp_worker set timezone = 'UTC';

grant kp_staff to kp_web with inherit false, set true;
grant kp_staff, kp_system to kp_worker with inherit false, set true;
grant kp_staff, kp_system to kp_owner  with inherit false, set true; -- commands act as a person or the planner
grant pg_read_all_data to kp_backup;
alter role kp_backup set default_transaction_read_only = on;

select :'test_password' <> '' as for_tests
\gset
\if :for_tests
    select 'create role kp_test' where not exists (select from pg_roles where rolname = 'kp_test')
    \gexec
    alter role kp_test login nosuperuser nocreatedb nocreaterole nobypassrls password :'test_password';
    grant kp_owner, kp_web, kp_worker, kp_backup, kp_staff, kp_system to kp_test with inherit false, set true;
\endif

select format('create database %I owner kp_owner', :'database')
where not exists (select from pg_database where datname = :'database')
\gexec
alter database :"database" owner to kp_owner;
revoke all on database :"database" from public;
grant connect on database :"database" to kp_web, kp_worker, kp_backup;
select format('grant connect, temporary on database %I to kp_test', :'database')
where exists (select from pg_roles where rolname = 'kp_test')
\gexec

\connect :"database"

-- Extensions belong to the superuser: a migration, which runs as kp_owner, finds them in place.
create extension if not exists pg_trgm;
create extension if not exists unaccent;
create extension if not exists btree_gin;

alter schema public owner to kp_owner;
revoke create on schema public from public;
grant usage on schema public to kp_web, kp_worker, kp_backup, kp_staff, kp_system;
