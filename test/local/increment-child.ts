import { createDirectoryStore } from '../../src/local/directory-store.ts';

/** Adds one to the counter, `times` times, each by compare-and-swap; tries again when another process was quicker. */
const [directory = '', times = '0'] = process.argv.slice(2);
const store = createDirectoryStore(directory);
for (let done = 0; done < Number(times); ) {
  const before = await store.get('counter.json');
  const text = JSON.stringify({
    value: before === undefined ? 1 : JSON.parse(before.text).value + 1,
    padding: 'x'.repeat(20_000),
  });
  const outcome =
    before === undefined
      ? await store.putIfAbsent('counter.json', text)
      : await store.putIfMatch('counter.json', text, before.etag);
  if (outcome.ok) done += 1;
}
