-- How far a distributor has taken a principal on is the firm's knowledge: whoever is signed in keeps it.
create policy system_all on distributor_principals to kp_system using (true) with check (true);
create policy read_all on distributor_principals for select to kp_staff using (true);
create policy add on distributor_principals for insert to kp_staff
    with check ((select app_team()) is not null);
create policy change on distributor_principals for update to kp_staff
    using ((select app_team()) is not null)
    with check ((select app_team()) is not null);
