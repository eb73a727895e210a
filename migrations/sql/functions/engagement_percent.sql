-- The same days as a number for the ring, so that ring and level never disagree: straight lines between 0 d = 100,
-- 7 d = 75, 14 d = 50, 30 d = 25 and 60 d = 0; never = 0. Rounded to whole percents.
create or replace function engagement_percent(
    last_interaction_date timestamptz, today date default firm_today()
) returns integer
    language sql stable parallel safe
as $$
    select case
        when days is null then 0
        when days <= 0 then 100
        when days <= 7 then round(100 - days * 25 / 7.0)::integer
        when days <= 14 then round(75 - (days - 7) * 25 / 7.0)::integer
        when days <= 30 then round(50 - (days - 14) * 25 / 16.0)::integer
        when days <= 60 then round(25 - (days - 30) * 25 / 30.0)::integer
        else 0
    end
    from (select today - firm_day(last_interaction_date)) as since (days)
$$;
