-- A file is there for whom it was made, and for nobody else.
create policy system_all on files to kp_system using (true) with check (true);
create policy read on files for select to kp_staff
    using (user_id = (select app_user_id()) and (select app_team()) is not null);
