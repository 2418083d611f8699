const commands: readonly (readonly [usage: string, does: string])[] = [
  ['/deploy', 'makes the preview, or brings it back; approves the commit that waits for it'],
  ['/deploy 1a2b3c4…', 'the same for this commit (all its 40 digits), if it still is the newest'],
  ['/redeploy', 'deploys once more, though nothing changed'],
  ['/destroy', 'takes the preview away until `/deploy`'],
  ['/status', 'tells how it is, down to each job'],
  ['/logs', 'shows the newest lines of every job; `/logs server` those of one'],
  ['/extend 24h', 'keeps it so long though nobody works on it; `3d`, at most 7 days from now'],
  ['/help', 'says this'],
];

/** Markdown, for the fold of the comment and for `/help`. */
export const commandsTable: string = [
  '| comment | what it does |',
  '| :-- | :-- |',
  ...commands.map(([usage, does]) => `| \`${usage}\` | ${does} |`),
  '',
  'For everybody who can write to this repository. One command a comment, alone on its line.',
].join('\n');
