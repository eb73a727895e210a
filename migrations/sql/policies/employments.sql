-- Where a contact has worked is corrected by whoever may change the contact; a trigger writes it as the owner.
create policy system_all on employments to kp_system using (true) with check (true);
create policy read_all on employments for select to kp_staff using (true);
create policy add on employments for insert to kp_staff
    with check (
        exists (
            select from contacts p
            where p.contact_id = employments.contact_id and (
                p.owner_id = any ((select app_team())::bigint[])
                or (p.owner_id is null and (select app_team()) is not null)
            )
        )
    );
create policy change on employments for update to kp_staff
    using (
        exists (
            select from contacts p
            where p.contact_id = employments.contact_id and (
                p.owner_id = any ((select app_team())::bigint[])
                or (p.owner_id is null and (select app_team()) is not null)
            )
        )
    )
    with check (
        exists (
            select from contacts p
            where p.contact_id = employments.contact_id and (
                p.owner_id = any ((select app_team())::bigint[])
                or (p.owner_id is null and (select app_team()) is not null)
            )
        )
    );
