-- The firm's lists of words are kept by admins; everybody chooses from them.
create policy system_all on picklist_values to kp_system using (true) with check (true);
create policy read_all on picklist_values for select to kp_staff using (true);
create policy add on picklist_values for insert to kp_staff
    with check ((select app_role()) = any (array['admin']));
create policy change on picklist_values for update to kp_staff
    using ((select app_role()) = any (array['admin']))
    with check ((select app_role()) = any (array['admin']));
create policy remove on picklist_values for delete to kp_staff
    using ((select app_role()) = any (array['admin']));
