-- Which of its terms an amendment changes, in bits: currency 1, time zone 2, tax 4, days to pay 8, days to report 16, text
-- 32. What it does not change it takes over from the terms before it. What was accepted so far stays as it was: all of it
-- counts as changed. Of what is only proposed that counts which differed from the terms of its month when it was proposed.
alter table amendments add column changes bigint not null default 63;
update amendments set changes = (select
    case when amendments.currency <> former.currency then 1 else 0 end
    + case when amendments.time_zone <> former.time_zone then 2 else 0 end
    + case when amendments.tax_category <> former.tax_category
           or amendments.tax_rate_millionths <> former.tax_rate_millionths then 4 else 0 end
    + case when amendments.payment_days <> former.payment_days then 8 else 0 end
    + case when amendments.report_due_days <> former.report_due_days then 16 else 0 end
    + case when amendments.terms <> former.terms then 32 else 0 end
    from (select t.currency as currency, t.time_zone as time_zone, t.tax_category as tax_category,
                 t.tax_rate_millionths as tax_rate_millionths, t.payment_days as payment_days,
                 t.report_due_days as report_due_days, t.terms as terms, t.from_month as from_month, t.number as number
          from amendments t
          where t.agreement_id = amendments.agreement_id and t.state = 'accepted'
            and t.from_month <= amendments.from_month and t.number < amendments.number
          union all
          select a.currency, a.time_zone, a.tax_category, a.tax_rate_millionths, a.payment_days, a.report_due_days, a.terms,
                 -1, 1
          from agreements a where a.id = amendments.agreement_id
          order by from_month desc, number desc limit 1) former)
where state = 'proposed';
