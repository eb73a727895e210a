-- Made by bin/docs. The way down from 008 to 007, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 008 -> 007

alter table organizations no force row level security; alter table organizations disable row level security; drop policy if exists until_swapped on organizations; drop policy owner_all on organizations;

alter table organization_aliases no force row level security; alter table organization_aliases disable row level security; drop policy if exists until_swapped on organization_aliases; drop policy owner_all on organization_aliases;

alter table contacts no force row level security; alter table contacts disable row level security; drop policy if exists until_swapped on contacts; drop policy owner_all on contacts;

alter table products no force row level security; alter table products disable row level security; drop policy if exists until_swapped on products; drop policy owner_all on products;

alter table opportunities no force row level security; alter table opportunities disable row level security; drop policy if exists until_swapped on opportunities; drop policy owner_all on opportunities;

alter table opportunity_products no force row level security; alter table opportunity_products disable row level security; drop policy if exists until_swapped on opportunity_products; drop policy owner_all on opportunity_products;

alter table opportunity_principals no force row level security; alter table opportunity_principals disable row level security; drop policy if exists until_swapped on opportunity_principals; drop policy owner_all on opportunity_principals;

alter table opportunity_stage_changes no force row level security; alter table opportunity_stage_changes disable row level security; drop policy if exists until_swapped on opportunity_stage_changes; drop policy owner_all on opportunity_stage_changes;

alter table interactions no force row level security; alter table interactions disable row level security; drop policy if exists until_swapped on interactions; drop policy owner_all on interactions;

alter table interaction_principals no force row level security; alter table interaction_principals disable row level security; drop policy if exists until_swapped on interaction_principals; drop policy owner_all on interaction_principals;

alter table principal_summaries no force row level security; alter table principal_summaries disable row level security; drop policy if exists until_swapped on principal_summaries; drop policy owner_all on principal_summaries;

alter table principal_weeks no force row level security; alter table principal_weeks disable row level security; drop policy if exists until_swapped on principal_weeks; drop policy owner_all on principal_weeks;

alter table principal_deltas no force row level security; alter table principal_deltas disable row level security; drop policy if exists until_swapped on principal_deltas; drop policy owner_all on principal_deltas;

alter table engagement_changes no force row level security; alter table engagement_changes disable row level security; drop policy if exists until_swapped on engagement_changes; drop policy owner_all on engagement_changes;

alter table notification_preferences no force row level security; alter table notification_preferences disable row level security; drop policy if exists until_swapped on notification_preferences; drop policy owner_all on notification_preferences;

alter table person_aliases no force row level security; alter table person_aliases disable row level security; drop policy if exists until_swapped on person_aliases; drop policy owner_all on person_aliases;

UPDATE alembic_version SET version_num='007' WHERE alembic_version.version_num = '008';

COMMIT;
