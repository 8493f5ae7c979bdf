/* The write-ahead log's writes, joined: a file system for SQLite that is its usual one, but for what goes to
 * a log.
 *
 * SQLite writes each page of a commit by two calls, its head and itself, of which neither ends where a page
 * of the file does. Here they wait in memory until they are asked for, synced, or many; a system call is then
 * of 64 KiB. What others may read of a log is what was synced, as every connection says "synchronous = full":
 * so nobody sees a log whose end is still in memory, and a crash loses what it would have lost of an unsynced
 * file. */
#ifndef SEATMETER_STORE_ENGINE_SQLITE_WAL_H
#define SEATMETER_STORE_ENGINE_SQLITE_WAL_H

/* Registers the file system with SQLite, once a process, and gives its name for sqlite3_open_v2; NULL where
 * memory was short: SQLite's usual one. */
const char *sqlite_log_file_system(void);

#endif
