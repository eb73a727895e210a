-- What a person is told is theirs to read; the system tells it.
create policy system_all on notifications to kp_system using (true) with check (true);
create policy own on notifications to kp_staff
    using (user_id = (select app_user_id()) and (select app_team()) is not null)
    with check (user_id = (select app_user_id()) and (select app_team()) is not null);
