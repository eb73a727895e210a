-- What an opportunity is about is changed by whoever may change the opportunity.
create policy system_all on opportunity_products to kp_system using (true) with check (true);
create policy read_all on opportunity_products for select to kp_staff using (true);
create policy add on opportunity_products for insert to kp_staff
    with check (
        exists (
            select from opportunities p
            where p.opportunity_id = opportunity_products.opportunity_id and (
                p.owner_id = any ((select app_team())::bigint[]) or p.second_owner_id = any ((select app_team())::bigint[])
                or (p.owner_id is null and p.second_owner_id is null and (select app_team()) is not null)
            )
        )
    );
create policy change on opportunity_products for update to kp_staff
    using (
        exists (
            select from opportunities p
            where p.opportunity_id = opportunity_products.opportunity_id and (
                p.owner_id = any ((select app_team())::bigint[]) or p.second_owner_id = any ((select app_team())::bigint[])
                or (p.owner_id is null and p.second_owner_id is null and (select app_team()) is not null)
            )
        )
    )
    with check (
        exists (
            select from opportunities p
            where p.opportunity_id = opportunity_products.opportunity_id and (
                p.owner_id = any ((select app_team())::bigint[]) or p.second_owner_id = any ((select app_team())::bigint[])
                or (p.owner_id is null and p.second_owner_id is null and (select app_team()) is not null)
            )
        )
    );
create policy remove on opportunity_products for delete to kp_staff
    using (
        exists (
            select from opportunities p
            where p.opportunity_id = opportunity_products.opportunity_id and (
                p.owner_id = any ((select app_team())::bigint[]) or p.second_owner_id = any ((select app_team())::bigint[])
                or (p.owner_id is null and p.second_owner_id is null and (select app_team()) is not null)
            )
        )
    );
