-- What somebody looked at last is their own.
create policy system_all on recent_items to kp_system using (true) with check (true);
create policy own on recent_items to kp_staff
    using (user_id = (select app_user_id()) and (select app_team()) is not null)
    with check (user_id = (select app_user_id()) and (select app_team()) is not null);
