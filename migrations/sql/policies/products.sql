-- Line cards belong to nobody of the firm: whoever is signed in keeps them.
create policy system_all on products to kp_system using (true) with check (true);
create policy read_all on products for select to kp_staff using (true);
create policy add on products for insert to kp_staff
    with check ((select app_team()) is not null);
create policy change on products for update to kp_staff
    using ((select app_team()) is not null)
    with check ((select app_team()) is not null);
