-- What dumps need: to read everything.
grant select on all tables in schema public to kp_backup;
grant select on all sequences in schema public to kp_backup;
