-- Counts are written by triggers and the planner; everybody reads them.
create policy system_all on principal_summaries to kp_system using (true) with check (true);
create policy read_all on principal_summaries for select to kp_staff using (true);
