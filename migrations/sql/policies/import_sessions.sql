-- Where a record came from is everybody's to read; an import is begun and decided by whoever brought the file.
create policy system_all on import_sessions to kp_system using (true) with check (true);
create policy read_all on import_sessions for select to kp_staff using (true);
create policy add on import_sessions for insert to kp_staff
    with check (user_id = (select app_user_id()) and (select app_team()) is not null);
create policy change on import_sessions for update to kp_staff
    using (user_id = (select app_user_id()) and (select app_team()) is not null)
    with check (user_id = (select app_user_id()) and (select app_team()) is not null);
