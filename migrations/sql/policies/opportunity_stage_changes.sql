-- The stage timeline is written by a trigger; everybody reads it.
create policy system_all on opportunity_stage_changes to kp_system using (true) with check (true);
create policy read_all on opportunity_stage_changes for select to kp_staff using (true);
