-- What was learned of the columns of a file helps everybody; whoever says better is heard.
create policy system_all on import_layouts to kp_system using (true) with check (true);
create policy read_all on import_layouts for select to kp_staff using (true);
create policy add on import_layouts for insert to kp_staff
    with check (user_id = (select app_user_id()) and (select app_team()) is not null);
create policy change on import_layouts for update to kp_staff
    using ((select app_team()) is not null)
    with check (user_id = (select app_user_id()) and (select app_team()) is not null);
