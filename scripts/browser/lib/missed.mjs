// After all tests: every page was visited and every form sent, with JavaScript
// and without, or this says which was not.

import { missed, table } from "./coverage.mjs";

const rows = missed();
for (const row of rows) console.error(`nobody has been to ${row}`);
console.log(`${table().length} pages and forms, ${rows.length} missed`);
process.exitCode = rows.length ? 1 : 0;
