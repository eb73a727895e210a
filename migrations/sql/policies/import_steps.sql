-- Written by jobs alone; everybody reads what a record came from.
create policy system_all on import_steps to kp_system using (true) with check (true);
create policy read_all on import_steps for select to kp_staff using (true);
