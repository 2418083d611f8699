// Bundles src/main.jsx into dist/, with names that change with the content, and the page that loads them.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { build } from 'esbuild';

await rm('dist', { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: ['src/main.jsx'],
  outdir: 'dist/assets',
  entryNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  jsx: 'automatic',
  target: 'es2022',
  define: { 'process.env.NODE_ENV': '"production"' },
  metafile: true,
});
const names = Object.keys(metafile.outputs).map((path) => basename(path));
const tags = names.map((name) =>
  name.endsWith('.css')
    ? `<link rel="stylesheet" href="/assets/${name}" />`
    : `<script type="module" src="/assets/${name}"></script>`,
);
const page = await readFile('index.html', 'utf8');
await writeFile('dist/index.html', page.replace('<!-- built files -->', tags.join('\n    ')));
console.log(`built ${names.join(', ')}`);
