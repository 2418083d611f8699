/** Takes out of a recording what is secret and what is only this machine's, and puts it where a real cluster would be. */
export const createScrubber = (subnet: string, tokens: ReadonlyMap<string, string>) => ({
  text: (text: string): string => {
    let clean = text
      .replaceAll(`${subnet}.`, '10.0.1.')
      .replaceAll(/-----BEGIN CERT[\s\S]*?-----END CERTIFICATE-----(\\n)*/g, '<ca certificate>')
      .replaceAll(process.execPath, '/usr/bin/node')
      .replaceAll(/\/tmp\/reconcile-peers-\w+\/[\w-]+/g, '')
      // A rebuilt binary calls itself 1.20.2-somebody1, or 1.20.2somebody1.
      .replaceAll(/\b(\d+\.\d+\.\d+)-?[a-z]+\d+\b/g, '$1');
    for (const [name, secret] of tokens) clean = clean.replaceAll(secret, `<${name}>`);
    return clean;
  },
  body: withoutMachine,
});

/** Of a node: hardware, kernel, interfaces, environment; of an agent: all of its settings. Nobody asks for them. */
const left = new Set([
  'DebugConfig',
  'Stats',
  'NodeResources',
  'ReservedResources',
  'Resources',
  'Reserved',
  'Links',
  'HostNetworks',
  'CgroupParent',
]);
const keptAttribute = /^(consul\..*|nomad\.version|driver\..*|kernel\.name|cpu\.arch)$/;

const withoutMachine = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutMachine);
  if (typeof value !== 'object' || value === null) return value;
  const isNode = 'SchedulingEligibility' in value || 'DebugConfig' in value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !isNode || !left.has(key))
      .map(([key, inner]) => [key, isNode && key === 'Attributes' ? attributes(inner) : withoutMachine(inner)]),
  );
};

const attributes = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).filter(([key]) => keptAttribute.test(key)))
    : value;
