-- Touches of one principal by one author and of one type in one week of the firm: what is folded, and what is not yet.
-- Read by tallies, strips, the heatmap and Today.
-- Surprising: one such week may stand in several rows, some of them negative, so a reader always sums `n`.
create view principal_touches with (security_invoker = true) as
select principal_id, week_on, author_id, interaction_type, interactions_count as n from principal_weeks
union all
select principal_id, week_on, author_id, interaction_type, interactions from principal_deltas where week_on is not null;

grant select on principal_touches to kp_staff, kp_system, kp_backup;
