-- Written by jobs alone; everybody reads what a record came from.
create policy system_all on import_rows to kp_system using (true) with check (true);
create policy read_all on import_rows for select to kp_staff using (true);
