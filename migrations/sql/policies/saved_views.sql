-- A view of a list is its person's own; everybody opens a shared one.
create policy system_all on saved_views to kp_system using (true) with check (true);
create policy read on saved_views for select to kp_staff
    using ((user_id = (select app_user_id()) or is_shared) and (select app_team()) is not null);
create policy add on saved_views for insert to kp_staff
    with check (user_id = (select app_user_id()) and (select app_team()) is not null);
create policy change on saved_views for update to kp_staff
    using (user_id = (select app_user_id()) and (select app_team()) is not null)
    with check (user_id = (select app_user_id()) and (select app_team()) is not null);
create policy remove on saved_views for delete to kp_staff
    using (user_id = (select app_user_id()) and (select app_team()) is not null);
