-- How somebody has their dashboard is their own.
create policy system_all on dashboard_preferences to kp_system using (true) with check (true);
create policy own on dashboard_preferences to kp_staff
    using (user_id = (select app_user_id()) and (select app_team()) is not null)
    with check (user_id = (select app_user_id()) and (select app_team()) is not null);
