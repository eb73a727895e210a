-- Who is away and who stands in is for everybody to read; the person, their manager or an admin arranges it.
create policy system_all on covers to kp_system using (true) with check (true);
create policy read_all on covers for select to kp_staff using (true);
create policy add on covers for insert to kp_staff
    with check (user_id = any ((select app_team())::bigint[]));
create policy remove on covers for delete to kp_staff
    using (user_id = any ((select app_team())::bigint[]));
