-- Who owns an opportunity changes it, or their manager, or an admin; one that nobody owns is everybody's. A new one belongs
-- to somebody whose rows its maker may change: its products and principals could not be added otherwise.
create policy system_all on opportunities to kp_system using (true) with check (true);
create policy read_all on opportunities for select to kp_staff using (true);
create policy add on opportunities for insert to kp_staff
    with check (
        owner_id = any ((select app_team())::bigint[]) or second_owner_id = any ((select app_team())::bigint[])
        or (owner_id is null and second_owner_id is null and (select app_team()) is not null)
    );
create policy change on opportunities for update to kp_staff
    using (
        owner_id = any ((select app_team())::bigint[]) or second_owner_id = any ((select app_team())::bigint[])
        or (owner_id is null and second_owner_id is null and (select app_team()) is not null)
    )
    with check (
        owner_id = any ((select app_team())::bigint[]) or second_owner_id = any ((select app_team())::bigint[])
        or (owner_id is null and second_owner_id is null and (select app_team()) is not null)
    );
