-- The nightly search finds pairs that look alike; whoever is signed in may say that two are not the same, in their own
-- name, and take that back.
create policy system_all on duplicate_pairs to kp_system using (true) with check (true);
create policy read_all on duplicate_pairs for select to kp_staff using (true);
create policy reject on duplicate_pairs for insert to kp_staff
    with check (rejected_by = (select app_user_id()) and (select app_team()) is not null);
create policy judge on duplicate_pairs for update to kp_staff
    using ((select app_team()) is not null)
    with check (
        (rejected_by is null or rejected_by = (select app_user_id())) and (select app_team()) is not null
    );
