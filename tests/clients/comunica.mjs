// Asks the SPARQL endpoint of the command line by Comunica, whose folder is given too, and prints what it got as JSON.
import { createRequire } from "node:module";

const [endpoint, folder, queries] = process.argv.slice(2);
const { QueryEngine } = createRequire(`${folder}/`)("@comunica/query-sparql");
const engine = new QueryEngine();
const context = { sources: [{ type: "sparql", value: endpoint }] };
const { select, construct, ask } = JSON.parse(queries);

const bindings = await (await engine.queryBindings(select, context)).toArray();
const quads = await (await engine.queryQuads(construct, context)).toArray();
const rows = bindings.map((row) => Object.fromEntries([...row].map(([name, term]) => [name.value, term.value])));
const triples = quads.map((quad) => [quad.subject, quad.predicate, quad.object].map((term) => term.value));
console.log(JSON.stringify({ rows, triples, yes: await engine.queryBoolean(ask, context) }));
process.exit(0);
