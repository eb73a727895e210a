-- Samples are kept by whoever may change the opportunity.
create policy system_all on samples to kp_system using (true) with check (true);
create policy read_all on samples for select to kp_staff using (true);
create policy add on samples for insert to kp_staff
    with check (
        exists (
            select from opportunities p
            where p.opportunity_id = samples.opportunity_id and (
                p.owner_id = any ((select app_team())::bigint[]) or p.second_owner_id = any ((select app_team())::bigint[])
                or (p.owner_id is null and p.second_owner_id is null and (select app_team()) is not null)
            )
        )
    );
create policy change on samples for update to kp_staff
    using (
        exists (
            select from opportunities p
            where p.opportunity_id = samples.opportunity_id and (
                p.owner_id = any ((select app_team())::bigint[]) or p.second_owner_id = any ((select app_team())::bigint[])
                or (p.owner_id is null and p.second_owner_id is null and (select app_team()) is not null)
            )
        )
    )
    with check (
        exists (
            select from opportunities p
            where p.opportunity_id = samples.opportunity_id and (
                p.owner_id = any ((select app_team())::bigint[]) or p.second_owner_id = any ((select app_team())::bigint[])
                or (p.owner_id is null and p.second_owner_id is null and (select app_team()) is not null)
            )
        )
    );
