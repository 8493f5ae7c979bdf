#!/usr/bin/env python3
"""An attacker's test suite: for each endpoint and each pair of accounts, nobody reads or changes what the tree does
not give them.

usage: attack_test.py SEATMETER [DATABASE]
What each account may see is computed from the documentation's rules (tree.py), and every answer to everybody is searched
for what others alone may read (client.py). All findings are listed; the first does not end the run. Runs on SQLite and,
over a sample of the things, on PostgreSQL where SEATMETER_TEST_POSTGRESQL names a server."""
import os
import pathlib
import sys
import time

import doors
import exports
import openapi
import past
import persons
import previews
import reads
import writes
from stage import Stage

ROOT = pathlib.Path(__file__).resolve().parents[2]

# In this order: what comes last changes the store.
TESTS = (reads.each_thing_is_there_for_those_alone_who_may_see_it,
         reads.each_list_gives_each_account_exactly_what_it_may_see,
         reads.naming_another_account_in_a_query_tells_nothing,
         reads.a_part_of_an_account_or_bundle_that_is_not_given_is_left_out,
         reads.names_are_shown_where_both_agreements_let_a_vendor_read_them,
         exports.each_export_has_exactly_the_rows_of_its_reader,
         exports.names_in_an_export_do_not_tell_of_others,
         exports.numbers_count_nothing_of_others,
         exports.margins_are_of_own_edges,
         doors.without_a_token_that_holds_nothing_is_told,
         doors.a_token_that_does_not_read_reads_nothing,
         doors.an_identifier_of_another_kind_or_programme_is_unknown,
         doors.root_keys_are_the_same_for_everybody,
         doors.a_cursor_is_of_one_list_and_one_account,
         doors.a_version_tells_nothing_of_what_is_not_seen,
         doors.a_key_used_by_two_accounts_is_two_keys,
         previews.previews_tell_of_own_edges_alone,
         writes.a_token_that_reads_writes_nothing,
         writes.a_user_who_views_writes_nothing,
         writes.nobody_changes_what_is_another_s,
         writes.naming_others_in_a_body_changes_nothing,
         writes.the_rightful_one_can_do_all_of_it,
         writes.a_close_leaves_other_sellers_reports_alone,
         persons.inviting_tells_nothing,
         persons.a_link_lets_in_its_owner_alone,
         persons.a_person_of_two_accounts_acts_for_one,
         past.nothing_that_a_device_had_is_taken_back_in_the_past,
         doors.every_operation_was_attacked)


def sentence(test):
    return test.__name__.replace("another_s", "another's").replace("sellers_reports", "sellers' reports").replace("_", " ")


def attack(seatmeter, operations, database, engine):
    """The findings."""
    findings = []
    begun = time.monotonic()
    stage = Stage(seatmeter, operations, database, 1 if database is None else 5)
    print(f"{engine}: {len(stage.tree.accounts)} accounts, set up in {time.monotonic() - begun:.1f} s")
    try:
        for test in TESTS:
            begun, asked, found = time.monotonic(), stage.client.count, []
            try:
                test(stage, found.append)
            except (AssertionError, KeyError, OSError) as error:
                found.append(f"ended early: {error!r}")
            leaks, stage.client.leaks = list(stage.client.leaks.values()), {}
            for finding in found + leaks:
                findings.append(f"{engine}: {sentence(test)}: {finding}")
            print(f"{'FAIL' if found or leaks else 'ok  '} {sentence(test)} "
                  f"({stage.client.count - asked} requests, {time.monotonic() - begun:.1f} s)", flush=True)
    finally:
        code, printed = stage.store.stop()
    if code != 0 or "Sanitizer" in printed or "runtime error" in printed:
        findings.append(f"{engine}: the service ended with {code}: {printed[-3000:]}")
    return findings


def main():
    seatmeter = str(pathlib.Path(sys.argv[1]).resolve())
    operations = openapi.operations(ROOT / "docs/openapi.yaml")
    findings = attack(seatmeter, operations, None, "SQLite")
    if address := os.environ.get("SEATMETER_TEST_POSTGRESQL"):
        findings += attack(seatmeter, operations, doors.an_empty_database(address), "PostgreSQL")
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
