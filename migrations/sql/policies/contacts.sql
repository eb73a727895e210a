-- Everybody adds contacts, also for a colleague; who owns one changes it, or their manager, or an admin. One that nobody
-- owns is everybody's.
create policy system_all on contacts to kp_system using (true) with check (true);
create policy read_all on contacts for select to kp_staff using (true);
create policy add on contacts for insert to kp_staff
    with check ((select app_team()) is not null);
create policy change on contacts for update to kp_staff
    using (
        owner_id = any ((select app_team())::bigint[])
        or (owner_id is null and (select app_team()) is not null)
    )
    with check (
        owner_id = any ((select app_team())::bigint[])
        or (owner_id is null and (select app_team()) is not null)
    );
