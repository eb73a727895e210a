-- Principals are named on an interaction by its author, by who keeps its promise, by their managers, or by an admin.
create policy system_all on interaction_principals to kp_system using (true) with check (true);
create policy read_all on interaction_principals for select to kp_staff using (true);
create policy add on interaction_principals for insert to kp_staff
    with check (
        exists (
            select from interactions p
            where p.interaction_id = interaction_principals.interaction_id and (
                p.author_id = any ((select app_team())::bigint[]) or p.owner_id = any ((select app_team())::bigint[])
                or (p.author_id is null and p.owner_id is null and (select app_team()) is not null)
            )
        )
    );
create policy remove on interaction_principals for delete to kp_staff
    using (
        exists (
            select from interactions p
            where p.interaction_id = interaction_principals.interaction_id and (
                p.author_id = any ((select app_team())::bigint[]) or p.owner_id = any ((select app_team())::bigint[])
                or (p.author_id is null and p.owner_id is null and (select app_team()) is not null)
            )
        )
    );
