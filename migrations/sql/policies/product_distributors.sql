-- Who stocks what is the firm's knowledge: whoever is signed in keeps it.
create policy system_all on product_distributors to kp_system using (true) with check (true);
create policy read_all on product_distributors for select to kp_staff using (true);
create policy add on product_distributors for insert to kp_staff
    with check ((select app_team()) is not null);
create policy change on product_distributors for update to kp_staff
    using ((select app_team()) is not null)
    with check ((select app_team()) is not null);
