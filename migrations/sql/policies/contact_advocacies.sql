-- How a contact speaks of principals is kept by whoever may change the contact.
create policy system_all on contact_advocacies to kp_system using (true) with check (true);
create policy read_all on contact_advocacies for select to kp_staff using (true);
create policy add on contact_advocacies for insert to kp_staff
    with check (
        exists (
            select from contacts p
            where p.contact_id = contact_advocacies.contact_id and (
                p.owner_id = any ((select app_team())::bigint[])
                or (p.owner_id is null and (select app_team()) is not null)
            )
        )
    );
create policy change on contact_advocacies for update to kp_staff
    using (
        exists (
            select from contacts p
            where p.contact_id = contact_advocacies.contact_id and (
                p.owner_id = any ((select app_team())::bigint[])
                or (p.owner_id is null and (select app_team()) is not null)
            )
        )
    )
    with check (
        exists (
            select from contacts p
            where p.contact_id = contact_advocacies.contact_id and (
                p.owner_id = any ((select app_team())::bigint[])
                or (p.owner_id is null and (select app_team()) is not null)
            )
        )
    );
