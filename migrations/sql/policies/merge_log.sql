-- What was merged into what is for everybody to read; merge_records and split_records, which run as the owner, write it.
create policy system_all on merge_log to kp_system using (true) with check (true);
create policy read_all on merge_log for select to kp_staff using (true);
