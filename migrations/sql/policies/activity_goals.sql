-- Weekly goals are set by managers and admins; everybody reads them.
create policy system_all on activity_goals to kp_system using (true) with check (true);
create policy read_all on activity_goals for select to kp_staff using (true);
create policy add on activity_goals for insert to kp_staff
    with check ((select app_role()) = any (array['manager', 'admin']));
create policy change on activity_goals for update to kp_staff
    using ((select app_role()) = any (array['manager', 'admin']))
    with check ((select app_role()) = any (array['manager', 'admin']));
create policy remove on activity_goals for delete to kp_staff
    using ((select app_role()) = any (array['manager', 'admin']));
