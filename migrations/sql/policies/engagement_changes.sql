-- Levels are recorded by the planner; everybody reads them.
create policy system_all on engagement_changes to kp_system using (true) with check (true);
create policy read_all on engagement_changes for select to kp_staff using (true);
