/** What a call needs, in the form of GitHub's header: `issues=write; pull_requests=write` is one of the two. */
export type Needed = string;

const choices = (needed: Needed): string[][] =>
  needed
    .split(';')
    .map((set) => set.split(',').map((one) => one.trim()))
    .filter((set) => set.some((one) => one !== ''));

/** Only what looks like a permission is repeated; it came from outside. */
export const permissionsIn = (header: string | undefined): Needed | undefined =>
  header !== undefined && /^[a-z_]+=[a-z]+(?:[,;] ?[a-z_]+=[a-z]+){0,20}$/.test(header) ? header : undefined;

/** Of a workflow: `pull-requests: write`. */
const inWorkflow = (permission: string): string => {
  const [name = '', level = ''] = permission.split('=');
  return `${name.replaceAll('_', '-')}: ${level}`;
};
/** Of the settings of a fine-grained token: "Pull requests: read and write". */
const inSettings = (permission: string): string => {
  const [name = '', level = ''] = permission.split('=');
  const words = name.replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}: ${level === 'write' ? 'read and write' : level}`;
};

/** What to write where. The first choice is the one to advise: it comes first in our own table. */
export const adviceFor = (needed: Needed, preferred: Needed): string => {
  const sets = choices(needed);
  const wanted = choices(preferred)[0] ?? [];
  const set = sets.find((one) => one.every((permission) => wanted.includes(permission))) ?? sets[0] ?? wanted;
  return (
    `write ${set.map((one) => `"${inWorkflow(one)}"`).join(' and ')} under permissions: of the workflow's job; ` +
    `for a fine-grained token, give it ${set.map((one) => `"${inSettings(one)}"`).join(' and ')}`
  );
};
export const namedPermissions = (needed: Needed): string =>
  choices(needed)
    .map((set) => set.join(' and '))
    .join(' or ');
