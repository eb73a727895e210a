-- Made by bin/docs. The way down from 012 to 011, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 012 -> 011

drop index ix_organizations_distributor_name_key;

drop index ix_products_category_key_trgm;

drop index ix_products_category_key;

UPDATE alembic_version SET version_num='011' WHERE alembic_version.version_num = '012';

COMMIT;
