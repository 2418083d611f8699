// What `release: { command: [node, release.mjs] }` runs once per version, before that version takes traffic.
const { APP_VERSION: version = 'dev', DATABASE_URL: database } = process.env;
if (database === undefined) {
  console.error('DATABASE_URL is not set: there is nothing to migrate');
  process.exit(1);
}
console.log(JSON.stringify({ event: 'migrated', version }));
