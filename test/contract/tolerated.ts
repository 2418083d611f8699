/*
 * Where the models say less or something else than the real servers, and why nothing of ours depends on it. Each rule is
 * matched against one difference, as shape.ts words it.
 */
const left = 'only the real one has it$';
const rules: readonly (readonly [RegExp, string])[] = [
  // What nobody reads.
  [
    new RegExp(`^GET /v1/agent/members .*\\[\\]\\.(?:Delegate|Protocol|Tags\\.).*${left}`),
    "versions of Serf's protocols",
  ],
  [new RegExp(`^GET /v1/(?:catalog|health)/.*${left}`), 'a service: weights, mesh, tagged addresses, indexes'],
  [new RegExp(`^GET /v1/nodes .*\\[\\]\\.(?:Drivers|HostVolumes|LastDrain).*${left}`), 'what a node can do'],
  [new RegExp(`^GET /v1/node/<id> .*${left}`), 'what a node can do, its drains and events'],
  [new RegExp(`^GET /v1/agent/self .*${left}`), 'the configuration of an agent'],
  [new RegExp(`^GET /v1/acl/policy/[a-z]+ .*\\$\\.RulesJSON\\..*${left}`), 'rules once more, parsed'],
  [
    new RegExp(`^(?:GET /v1/job/|GET /v1/jobs|POST /v1/jobs|POST /v1/job/|DELETE /v1/job/).*${left}`),
    'a job, its allocations, deployments and evaluations have some hundred fields; the models know those of our schemas',
  ],
  // The job of the recording runs a program, those of the models a container.
  [/^GET \/v1\/node\/<id> .*Attributes\.driver\.docker: only the model/, 'drivers'],
  // What is shown in another way.
  [/^GET \/v1\/job\/web .*Networks\[\]\..*: only the model/, 'the models show a job as it was submitted'],
  [
    /^POST \/v1\/job\/web\/plan[ ?].*\$\.(?:Diff\.(?:Fields|Objects|TaskGroups)|Annotations\.DesiredTGUpdates): (?:array|object), null$/,
    'what a plan changes in detail: only its type is read',
  ],
  // Errors of a parser, in its own words.
  [/: \$: "Failed to parse ACL rules: At /, 'where rules are wrong'],
  [
    /: \$: "policy 0 invalid: 1 error occurred:\\n\\t\* failed to parse rules: Failed to parse ACL Policy: At /,
    'where rules are wrong',
  ],
  [/: \$: "(Failed to parse job: input\.hcl:2,3)-8(: .*)", "\1\2"$/, 'where the wrong word ends'],
  // An empty answer gets a type on its way into the recording.
  [/ \(200\): type text\/plain;charset=UTF-8, null$/, 'the type of nothing'],
];

/** Why a difference is none that matters; undefined: it does. */
export const toleratedIn = (difference: string): string | undefined =>
  rules.find(([pattern]) => pattern.test(difference))?.[1];

/** Rules that no difference needs any more. */
export const unneeded = (differences: readonly string[]): readonly string[] =>
  rules.filter(([pattern]) => !differences.some((one) => pattern.test(one))).map(([pattern]) => String(pattern));
