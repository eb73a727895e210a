-- Whoever is signed in logs, and completes any promise. What else may be changed by whom is told by the trigger
-- guard_interactions, which sees the row before and after; a policy sees one of the two.
create policy system_all on interactions to kp_system using (true) with check (true);
create policy read_all on interactions for select to kp_staff using (true);
create policy add on interactions for insert to kp_staff
    with check ((select app_team()) is not null);
create policy change on interactions for update to kp_staff
    using ((select app_team()) is not null)
    with check ((select app_team()) is not null);
