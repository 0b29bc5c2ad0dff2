// After all tests: every page was visited and every form sent, with JavaScript
// and without, or this says which was not.

import { missed, table } from "./coverage.mjs";

const rows = missed();
// Whoever cannot read the table has missed nothing.
const FEWEST = 50;
if (table().length < FEWEST) throw new Error(`the table of pages has ${table().length} rows: it cannot be read`);
for (const row of rows) console.error(`nobody has been to ${row}`);
console.log(`${table().length} pages and forms, ${rows.length} missed`);
process.exitCode = rows.length ? 1 : 0;
