-- How warm a principal is, by days of the firm since its last touch: within 7 High, 14 Medium, 30 Low, else (also
-- never) Inactive. Whole days count, so the level changes at the firm's midnight and at no other moment. Computed
-- when read, hence never stale. crm.enums.EngagementLevel spells the same four texts.
create or replace function calculate_engagement_level(
    last_interaction_date timestamptz, today date default firm_today()
) returns text
    language sql stable parallel safe
as $$
    select case
        when today - firm_day(last_interaction_date) <= 7 then 'High Engagement'
        when today - firm_day(last_interaction_date) <= 14 then 'Medium Engagement'
        when today - firm_day(last_interaction_date) <= 30 then 'Low Engagement'
        else 'Inactive'
    end
$$;
