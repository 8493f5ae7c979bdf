"""What a licence is to be billed for, computed from the exported events alone: an own reading of docs/exports.md."""
import csv
import datetime
import fractions
import io


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def seats_by_day(events_csv, licence, month):
    """The most seats that were on in each day (UTC) of the month."""
    first = datetime.datetime.fromisoformat(f"{month}-01T00:00:00+00:00")
    after = (first + datetime.timedelta(days=32)).replace(day=1)
    changes = sorted((instant(row["time"]), int(row["sequence"]), int(row["seats"]))
                     for row in csv.DictReader(io.StringIO(events_csv)) if row["licence"] == licence)
    most, day = [], first
    while day < after:
        end = day + datetime.timedelta(days=1)
        at_start = [seats for at, _, seats in changes if at <= day]
        within = [seats for at, _, seats in changes if day < at < end]
        most.append(max(at_start[-1:] + within + [0]))
        day = end
    return most


def billed(most, unit_price):
    """Quantity as units and the amount in cents, rounded half away from zero."""
    quantity = fractions.Fraction(sum(most), len(most))
    cents = quantity * fractions.Fraction(unit_price) * 100
    return quantity, (2 * cents.numerator + cents.denominator) // (2 * cents.denominator)
