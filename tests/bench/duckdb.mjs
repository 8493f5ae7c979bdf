// DuckDB as a peer of the close: the month's events in its own file, and the bare question about them.
// usage: node duckdb.mjs FILE import events|licences < CSV     node duckdb.mjs FILE ask FROM_US TO_US
// `ask` prints what the question took in seconds and in processor seconds, and of its answer the groups and the
// licences.
import { DuckDBInstance } from '@duckdb/node-api';

const COLUMNS = {
  events: 'licence_id bigint, at_us bigint, seats_before bigint, seats_after bigint',
  licences: 'id bigint, provider_id bigint, customer_id bigint, sku_id bigint',
};

// Seats × time and licences of every (provider, customer, SKU): every licence of this month begins in it.
const QUESTION = `
  select count(*), cast(sum(seat_time) as bigint), cast(sum(licences) as bigint) from (
    select provider_id, customer_id, sku_id, count(*) as licences, sum(seat_time) as seat_time from (
      select licence_id, sum((seats_after - seats_before) * ($2 - at_us)) // 1000000 as seat_time from events
      where at_us >= $1 and at_us < $2 group by licence_id)
    join licences on id = licence_id group by provider_id, customer_id, sku_id)`;

const [file, verb, ...rest] = process.argv.slice(2);
const instance = await DuckDBInstance.create(file, { memory_limit: '4GB', threads: '2' });
const connection = await instance.connect();
if (verb === 'import') {
  const [table] = rest;
  const names = COLUMNS[table].split(', ').map((column) => column.split(' ')[0]);
  const types = names.map((name) => `'${name}': 'bigint'`).join(', ');
  await connection.run(`create table ${table} (${COLUMNS[table]})`);
  await connection.run(`insert into ${table} from read_csv('/dev/stdin', header = false, columns = {${types}})`);
  await connection.run('checkpoint');
} else {
  const began = performance.now();
  const used = process.cpuUsage();
  const reader = await connection.runAndReadAll(QUESTION, rest.map(BigInt));
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(used);
  const [groups, , licences] = reader.getRows()[0];
  console.log(`${seconds.toFixed(3)} ${((user + system) / 1e6).toFixed(3)} ${groups} ${licences}`);
}
connection.closeSync();
instance.closeSync();
