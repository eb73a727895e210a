-- Whose an opportunity is, is changed by whoever may change the opportunity; triggers derive as the owner.
create policy system_all on opportunity_principals to kp_system using (true) with check (true);
create policy read_all on opportunity_principals for select to kp_staff using (true);
create policy add on opportunity_principals for insert to kp_staff
    with check (
        exists (
            select from opportunities p
            where p.opportunity_id = opportunity_principals.opportunity_id and (
                p.owner_id = any ((select app_team())::bigint[]) or p.second_owner_id = any ((select app_team())::bigint[])
                or (p.owner_id is null and p.second_owner_id is null and (select app_team()) is not null)
            )
        )
    );
create policy change on opportunity_principals for update to kp_staff
    using (
        exists (
            select from opportunities p
            where p.opportunity_id = opportunity_principals.opportunity_id and (
                p.owner_id = any ((select app_team())::bigint[]) or p.second_owner_id = any ((select app_team())::bigint[])
                or (p.owner_id is null and p.second_owner_id is null and (select app_team()) is not null)
            )
        )
    )
    with check (
        exists (
            select from opportunities p
            where p.opportunity_id = opportunity_principals.opportunity_id and (
                p.owner_id = any ((select app_team())::bigint[]) or p.second_owner_id = any ((select app_team())::bigint[])
                or (p.owner_id is null and p.second_owner_id is null and (select app_team()) is not null)
            )
        )
    );
create policy remove on opportunity_principals for delete to kp_staff
    using (
        exists (
            select from opportunities p
            where p.opportunity_id = opportunity_principals.opportunity_id and (
                p.owner_id = any ((select app_team())::bigint[]) or p.second_owner_id = any ((select app_team())::bigint[])
                or (p.owner_id is null and p.second_owner_id is null and (select app_team()) is not null)
            )
        )
    );
