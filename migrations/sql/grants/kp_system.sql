-- What the planner and the worker may do: everything with the book, its counts, mail and jobs. People, their sign-in
-- and the firm's settings are for reading; accounts are made by commands, which run as the owner. So are audit_log, which
-- triggers write, and feature_flags, which commands set.
grant select on all tables in schema public to kp_system;
grant insert, update, delete on
    organizations, organization_aliases, contacts, products,
    opportunities, opportunity_products, opportunity_principals, opportunity_stage_changes,
    interactions, interaction_principals,
    employments, contact_advocacies, product_distributors, distributor_principals, opportunity_contacts, samples,
    activity_goals, picklist_values, saved_views, favorites, recent_items, dashboard_preferences,
    principal_summaries, principal_weeks, principal_deltas, engagement_changes,
    notification_preferences, deliveries, delivery_items, mail_messages, mail_attempts, jobs, job_rows, files, notifications,
    request_keys, covers, heartbeats, duplicate_pairs,
    import_sessions, import_sheets, import_rows, import_steps, import_layouts
    to kp_system;
grant insert, update, delete on person_aliases to kp_system;
grant delete on sign_in_attempts, merge_moves to kp_system;
grant update (mail_held_at, mail_held_because) on firm_settings to kp_system;
