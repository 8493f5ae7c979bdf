-- A fall that was told more than a minute after it took effect: there are few, and a close asks for them on each edge.
create index licence_events_late on licence_events (customer_id)
    where seats_after < seats_before and recorded_at_us - at_us > 60000000;
