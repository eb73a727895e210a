-- Spellings that imports learn: whoever is signed in teaches them.
create policy system_all on person_aliases to kp_system using (true) with check (true);
create policy read_all on person_aliases for select to kp_staff using (true);
create policy add on person_aliases for insert to kp_staff
    with check ((select app_team()) is not null);
create policy change on person_aliases for update to kp_staff
    using ((select app_team()) is not null)
    with check ((select app_team()) is not null);
create policy remove on person_aliases for delete to kp_staff
    using ((select app_team()) is not null);
