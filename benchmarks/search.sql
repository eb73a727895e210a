-- A book to search in, beside whatever is there: 100,000 organizations (200 principals, 100 distributors), 30,000
-- contacts, 20,000 opportunities, 5,000 products with 50,000 item numbers. Run by a superuser: triggers stay out of it.
set session_replication_role = replica;

create function pg_temp.word(n bigint) returns text language sql immutable return
    (array['Amber', 'Marlowe', 'Copper', 'Harvest', 'Golden', 'River', 'Stone', 'Willow', 'Cedar', 'Maple', 'Blue',
           'Silver', 'North', 'South', 'Bright', 'Spring', 'Summer', 'Autumn', 'Winter', 'Salt', 'Pepper', 'Ginger',
           'Clover', 'Thistle', 'Juniper', 'Laurel', 'Orchard', 'Meadow', 'Valley', 'Harbor', 'Prairie', 'Canyon',
           'Summit', 'Lantern', 'Crescent', 'Falcon', 'Heron', 'Sparrow', 'Badger', 'Fox'])[1 + n % 40]
    || (array['fold', 'bend', 'gate', 'field', 'brook', 'wood', 'wick', 'ford', 'ton', 'ham', 'ley', 'dale', 'croft',
              'mere', 'shaw', 'worth', 'stead', 'hurst', 'combe', 'bury', '', '', ''])[1 + n / 40 % 23];
create function pg_temp.place(n bigint) returns text language sql immutable return
    (array['School District', 'Kitchen', 'Grill', 'Bakery', 'Foodservice', 'Hospital', 'Diner', 'Catering', 'Hotel',
           'Bistro', 'Tavern', 'Market', 'Café', 'Brewery', 'Steakhouse', 'Commissary', 'Country Club',
           'University Dining', 'Senior Living', 'Restaurant'])[1 + n % 20];

create temp table firsts as select coalesce(max(organization_id), 0) as first_id from organizations;
insert into organizations (organization_id, name, is_principal, is_distributor, segment, city)
select f.first_id + n, pg_temp.word(hashint8(n)::bigint & 65535) || ' ' || pg_temp.word(n * 7919)
           || case when n % 3 = 0 then ' & Sons' else '' end || ' ' || pg_temp.place(n * 31),
       n <= 200, n between 201 and 300, 'Restaurant', pg_temp.word(n * 13) || ' City'
  from firsts f, generate_series(1::bigint, 100000) n;
insert into contacts (organization_id, first_name, last_name, position)
select f.first_id + 301 + n * 3 % 99000,
       (array['Marisol', 'Dana', 'Inés', 'Otto', 'Pavel', 'Ruth', 'Amber', 'Salomé', 'Zoë', 'Jürgen', 'Chloé', 'Tom',
              'Anna', 'Greta', 'Nils'])[1 + n % 15], pg_temp.word(n * 104729), 'Buyer'
  from firsts f, generate_series(1::bigint, 30000) n;
insert into opportunities (name, organization_id, context)
select o.name || ' - ' || p.name || ' - Food Show - Nov 2026', o.organization_id, 'Food Show'
  from firsts f join organizations o on o.organization_id > f.first_id + 300
  join organizations p on p.organization_id = f.first_id + 1 + o.organization_id % 200
 where o.organization_id % 5 = 0;
insert into opportunity_principals (opportunity_id, principal_id)
select opportunity_id, f.first_id + 1 + organization_id % 200 from firsts f, opportunities
 where organization_id > f.first_id;
insert into products (principal_id, name, category, manufacturer_code)
select f.first_id + 1 + n % 200, pg_temp.word(n * 3) || ' '
           || (array['croissant', 'butter', 'polenta', 'soup', 'jam', 'cheese', 'sausage', 'pasta', 'sauce',
                     'granola'])[1 + n % 10], 'Pantry', 'MC-' || 10000 + n * 17
  from firsts f, generate_series(1::bigint, 5000) n;
insert into product_distributors (product_id, distributor_id, item_number)
select p.product_id, f.first_id + 201 + d, lpad((p.product_id * 977 + d * 100003)::text, 7, '0')
  from firsts f, products p, generate_series(0, 99, 10) d where p.manufacturer_code like 'MC-%';

select setval(pg_get_serial_sequence('organizations', 'organization_id'), max(organization_id)) from organizations;
reset session_replication_role;
vacuum analyze;
