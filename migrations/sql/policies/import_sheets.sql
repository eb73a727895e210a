-- What the sheets of an import mean is told by whoever brought the file; the reader writes them.
create policy system_all on import_sheets to kp_system using (true) with check (true);
create policy read_all on import_sheets for select to kp_staff using (true);
create policy change on import_sheets for update to kp_staff
    using (
        (select app_team()) is not null and exists (
            select from import_sessions s
            where s.import_session_id = import_sheets.import_session_id and s.user_id = (select app_user_id())
        )
    )
    with check (
        (select app_team()) is not null and exists (
            select from import_sessions s
            where s.import_session_id = import_sheets.import_session_id and s.user_id = (select app_user_id())
        )
    );
