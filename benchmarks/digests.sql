-- A firm where many want a digest, beside whatever is there: 2,000 teams of a manager and four reps, each rep with ten
-- accounts and three opportunities, each team with a principal; 400,000 touches, two late promises and a sample
-- without feedback a rep. Run by a superuser: triggers stay out of it, `flask engagement recompute` counts afterwards.
set session_replication_role = replica;

create temp table firsts as
select (select coalesce(max(user_id), 0) from users) as u, (select coalesce(max(organization_id), 0) from organizations) as o,
       (select coalesce(max(opportunity_id), 0) from opportunities) as p, (select coalesce(max(product_id), 0) from products) as g,
       (select coalesce(max(interaction_id), 0) from interactions) as i;

insert into users (user_id, email, full_name, fs_uniquifier, role, time_zone, created_at)
select u + n, 'manager' || n || '@measured.example', 'Manager ' || n, 'measured-' || n, 'manager', 'America/Chicago', now() - interval '90 days'
  from firsts, generate_series(1, 2000) n;
insert into users (user_id, email, full_name, fs_uniquifier, role, manager_id, time_zone, created_at)
select u + 2000 + n, 'rep' || n || '@measured.example', 'Rep ' || n, 'measured-rep-' || n, 'rep', u + 1 + n % 2000, 'America/Chicago',
       now() - interval '90 days'
  from firsts, generate_series(1, 8000) n;
insert into notification_preferences (user_id, kind, is_on, hour, weekdays)
select u + n, kind::mail_kind_enum, kind = 'digest', 0, '{1,2,3,4,5,6,7}'
  from firsts, generate_series(1, 10000) n, unnest(array['digest', 'reminder']) kind;

insert into organizations (organization_id, name, is_principal, owner_id, created_at)
select o + n, 'Maker ' || n, true, u + n, now() - interval '1 year' from firsts, generate_series(1, 2000) n;
insert into products (product_id, principal_id, name) select g + n, o + n, 'Product ' || n from firsts, generate_series(1, 2000) n;
insert into organizations (organization_id, name, priority, owner_id, created_at)
select o + 2000 + n, 'Place ' || n, (array['A', 'B', 'C', 'D'])[1 + n % 4]::priority_enum, u + 2001 + n % 8000, now() - interval '1 year'
  from firsts, generate_series(1, 80000) n;
insert into opportunities (opportunity_id, name, organization_id, stage, owner_id, created_at, stage_changed_at)
select p + n, 'Place ' || n || ' - Maker ' || 1 + n % 2000 || ' - Menu', o + 2000 + n, 'Awaiting Response', u + 2001 + n % 8000,
       now() - interval '60 days', now() - n % 40 * interval '1 day'
  from firsts, generate_series(1, 24000) n;
insert into opportunity_products (opportunity_id, product_id) select p + n, g + 1 + n % 2000 from firsts, generate_series(1, 24000) n;
insert into opportunity_principals (opportunity_id, principal_id, is_derived)
select p + n, o + 1 + n % 2000, true from firsts, generate_series(1, 24000) n;
insert into opportunity_stage_changes (opportunity_id, from_stage, to_stage, changed_at, changed_by)
select p + n, 'New Lead', 'Awaiting Response', now() - n % 40 * interval '1 day', u + 2001 + n % 8000
  from firsts, generate_series(1, 24000) n;

insert into interactions (interaction_id, organization_id, opportunity_id, interaction_type, interaction_date, author_id)
select i + n, o + 2001 + n % 80000, case when n % 80000 < 24000 then p + 1 + n % 80000 end, 'Phone Call',
       now() - interval '4 hours' - n % 331 * interval '1 day', u + 2001 + n % 8000
  from firsts, generate_series(1, 400000) n;
insert into interactions (interaction_id, organization_id, interaction_type, interaction_date, is_touch, author_id, owner_id,
                          follow_up_required, follow_up_date, follow_up_note)
select i + 400000 + n, o + 2001 + n % 80000, 'Follow-up', now() - interval '20 days', false, u + 2001 + n % 8000, u + 2001 + n % 8000,
       true, current_date - 3 - n % 9, 'Ask what they thought of it'
  from firsts, generate_series(1, 16000) n;
insert into interaction_principals (interaction_id, principal_id, is_derived, interaction_date, author_id, interaction_type, counts)
select interaction_id, principal_id, true, interaction_date, author_id, interaction_type, true
  from firsts, interactions join opportunity_principals using (opportunity_id) where interaction_id > i;
insert into samples (opportunity_id, product_id, sent_on, follow_up_id)
select p + 1 + n, g + 1 + n % 2000, current_date - 12, i + 400000 + n from firsts, generate_series(1, 8000) n;

select setval(pg_get_serial_sequence('users', 'user_id'), max(user_id)) from users;
select setval(pg_get_serial_sequence('organizations', 'organization_id'), max(organization_id)) from organizations;
select setval(pg_get_serial_sequence('opportunities', 'opportunity_id'), max(opportunity_id)) from opportunities;
select setval(pg_get_serial_sequence('products', 'product_id'), max(product_id)) from products;
select setval(pg_get_serial_sequence('interactions', 'interaction_id'), max(interaction_id)) from interactions;
reset session_replication_role;
vacuum analyze;
