import { z } from 'zod';
import { tlsModes } from '../domain/environment.ts';
import { previewModes } from '../domain/preview.ts';
import { type Product, refusedVersions, versionsOf } from '../domain/versions.ts';
import { images, loadBalancerTypes, locations, serverTypes } from './catalogue.ts';
import * as rule from './leaves.ts';
import { leaf } from './leaves.ts';
import { suggest } from './suggest.ts';

/*
 * The shape of infra.yaml, and the rules of single values. Rules between values are in checks/. Everything is optional
 * that has a sensible default (defaults.ts); unknown keys are errors everywhere.
 */
const whole = (min: number, max: number) => z.int().min(min).max(max);
const list = <T extends z.ZodType>(item: T, max: number) => z.array(item).min(1).max(max);
const describe = (description: string, examples?: readonly unknown[]) =>
  examples === undefined ? { description } : { description, examples: [...examples] };

const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const version = (product: Product) => {
  const refused: rule.Check = (text) => {
    const reason = refusedVersions[product]?.[text];
    if (reason !== undefined) return { message: reason, allowed: versionsOf(product).join(', ') };
    return /^\d+\.\d+\.\d+$/.test(text)
      ? undefined
      : { message: 'no version', allowed: versionsOf(product).join(', ') };
  };
  const known: rule.Check = (text) =>
    refused(text) ??
    (versionsOf(product).includes(text)
      ? undefined
      : {
          message: 'no checksum of this version is known here: write it as { version, amd64, arm64 }',
          allowed: versionsOf(product).join(', '),
          suggestion: suggest(text, versionsOf(product)),
        });
  const sum = hex(product === 'caddy' ? 128 : 64);
  return z
    .union([
      leaf(known).meta({ examples: [...versionsOf(product)] }),
      z.strictObject({ version: leaf(refused), amd64: sum, arm64: sum }),
    ])
    .meta(
      describe(
        `Version of ${product}. One of ${versionsOf(product).join(', ')}; any other with the ${product === 'caddy' ? 'SHA-512 of its tar.gz' : 'SHA-256 of its zip'} files.`,
      ),
    );
};

/** SHA-256 or SHA-512, told apart by their length. */
const checksum = z.string().regex(/^(?:[0-9a-f]{64}|[0-9a-f]{128})$/);
const mirrored = z
  .record(z.string().regex(/^\d+\.\d+\.\d+$/), z.strictObject({ amd64: checksum, arm64: checksum }).partial())
  .meta(describe('Per version: SHA-256 or SHA-512 of its amd64 and arm64 files'));

const firewallRule = z
  .strictObject({
    direction: z.enum(['in', 'out']).default('in').meta(describe('Default: in')),
    protocol: z.enum(['tcp', 'udp', 'icmp', 'esp', 'gre']),
    port: z
      .union([leaf(rule.port), whole(1, 65_535)])
      .optional()
      .meta(describe('Port or range; with tcp and udp, and only there', ['22', '8000-8010'])),
    ips: list(leaf(rule.cidr), 100)
      .default(['0.0.0.0/0', '::/0'])
      .meta(describe('Sources of an in rule, destinations of an out rule', [['0.0.0.0/0', '::/0']])),
    description: z.string().max(255).optional(),
  })
  .superRefine(({ protocol, port }, context) => {
    const needsPort = protocol === 'tcp' || protocol === 'udp';
    if (needsPort === (port !== undefined)) return;
    context.addIssue({
      code: 'custom',
      path: needsPort ? [] : ['port'],
      message: needsPort ? `a ${protocol} rule needs a port` : `${protocol} has no ports`,
      params: { allowed: needsPort ? 'port: "22", or "1-65535" for all' : 'no port' },
    });
  })
  .meta(describe('A rule of the Hetzner firewall, which filters the public interface only'));

const secret = z
  .union([
    leaf(rule.secretName).meta({ examples: ['DATABASE_URL'] }),
    z.strictObject({
      name: leaf(rule.secretName).meta(describe('Name of the environment variable', ['JWT_SECRET'])),
      generate: z.boolean().optional().meta(describe('Made at random by the first run that needs it. Default: false')),
      optional: z.boolean().optional().meta(describe('The job starts without it. Default: false')),
      local: z
        .string()
        .min(1)
        .max(1000)
        .optional()
        .meta(describe('Stands in with --local until a value is set there; no secret')),
    }),
  ])
  .meta(describe('A secret the job finds in its environment; its value comes from: reconcile secrets set'));
const release = z
  .strictObject({
    command: list(z.string().min(1).max(1000), 50).meta(
      describe("The whole command line, in the job's own image", [['node', 'migrate.mjs']]),
    ),
    file: leaf(rule.repositoryPath)
      .optional()
      .meta(describe('The HCL2 file of the batch job. Default: jobs/release.nomad.hcl')),
  })
  .meta(describe('Runs once per version before it takes traffic; its failure stops the deploy'));

const jobFields = {
  file: leaf(rule.repositoryPath).meta(describe('The HCL2 job file, relative to this file', ['jobs/web.nomad.hcl'])),
  image: leaf(rule.containerImage).meta(describe('Container image', ['nginx:1.29'])),
  count: whole(0, 100).meta(describe('Instances; two or more deploy without a gap. Default: 1')),
  port: whole(1, 65_535).meta(describe('The port the service listens on inside its container')),
  routes: list(leaf(rule.route), 20).meta(
    describe('Path prefixes this job answers, with a host before them where only that one is meant', [
      ['/'],
      ['/api'],
      ['api.{domain}/'],
    ]),
  ),
  health: leaf(rule.urlPath).meta(describe('Path that answers 200 when the job is healthy. Default: /health')),
  cpu: whole(10, 100_000).meta(describe('MHz. Default: 200')),
  memory: whole(10, 1_000_000).meta(describe('MB. Default: 256')),
  variables: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.union([z.string(), z.number(), z.boolean()]))
    .meta(describe('Further HCL2 variables of the job file')),
  secrets: z
    .array(secret)
    .max(50)
    .meta(describe('What the job finds in its environment besides; set with: reconcile secrets set')),
  release,
};
const job = z
  .strictObject({
    name: leaf(rule.name).meta(describe('Nomad job id and Consul service name')),
    ...jobFields,
    image: jobFields.image.optional(),
    count: jobFields.count.optional(),
    health: jobFields.health.optional(),
    cpu: jobFields.cpu.optional(),
    memory: jobFields.memory.optional(),
    variables: jobFields.variables.optional(),
    secrets: jobFields.secrets.optional(),
    release: jobFields.release.optional(),
  })
  .meta(describe('A Nomad job'));
const jobOverride = z.strictObject(jobFields).partial().meta(describe('What differs from defaults.jobs'));

const servers = z.strictObject({
  count: whole(1, 99)
    .optional()
    .meta({ ...describe('1, 3 or 5: each is a Consul and Nomad server'), enum: [1, 3, 5] }),
  types: list(leaf(rule.serverType).meta({ examples: [...serverTypes] }), 20)
    .optional()
    .meta(
      describe('Ladder: the first type with stock is ordered; a later one is used only visibly', [['cx23', 'cpx22']]),
    ),
  image: leaf(rule.image)
    .optional()
    .meta({ ...describe('System image. Default: debian-12'), enum: [...images] }),
  ipv4: z.boolean().optional().meta(describe('A public IPv4 address each, which Hetzner bills. Default: true')),
  backups: z.boolean().optional().meta(describe("Hetzner's daily backups, 20 % of the server's price. Default: false")),
});

const workers = z
  .strictObject({
    count: whole(0, 50).meta(describe('How many')),
    types: list(leaf(rule.serverType).meta({ examples: [...serverTypes] }), 20)
      .optional()
      .meta(describe("Ladder of types, of the servers' architecture. Default: that of the servers", [['cx33']])),
  })
  .meta(describe('Further machines that run jobs and the ingress, and take no part in elections'));

const common = {
  ingress: z
    .enum(['load-balancer', 'dns'])
    .meta(describe('load-balancer: a Hetzner load balancer in front; dns: the records name the servers')),
  tls: z
    .enum(tlsModes)
    .meta(
      describe(
        "managed: certificate of the load balancer; acme-dns: ordered by us through Hetzner DNS and handed to the servers, for previews one wildcard; caddy: Caddy's automatic HTTPS, one server only; internal: a private CA; off: plain HTTP",
      ),
    ),
  load_balancer: leaf(rule.loadBalancerType).meta({
    ...describe('Load balancer type. Default: lb11'),
    enum: [...loadBalancerTypes],
  }),
  locations: list(leaf(rule.location).meta({ enum: Object.keys(locations) }), 10).meta(
    describe('Ladder of locations, all in one network zone', [['nbg1', 'fsn1', 'hel1']]),
  ),
  servers: servers.meta(describe('The servers')),
  workers,
  firewall: z.array(firewallRule).max(50).meta(describe('Rules; replaces the list of defaults as a whole')),
  protected: z.boolean().meta(describe('Delete protection at Hetzner, and destroy refuses. Default: false')),
  labels: z
    .record(z.string(), leaf(rule.labelValue))
    .superRefine((labels, context) => {
      for (const key of Object.keys(labels)) {
        const fault = rule.labelKey(key);
        if (fault === undefined) continue;
        const { message, allowed, suggestion } = fault;
        context.addIssue({ code: 'custom', path: [key], message, params: { allowed, suggestion, key: true } });
      }
    })
    .meta(describe('Labels added to every object', [{ team: 'platform' }])),
};
const defaults = z
  .strictObject({ ...common, jobs: z.array(job).max(100).meta(describe('The Nomad jobs of every environment')) })
  .partial();
const network = z
  .strictObject({
    range: leaf(rule.privateRange(24)).meta(describe('The private network', ['10.0.0.0/16'])),
    subnet: leaf(rule.privateRange(27)).meta(describe('The part of it that servers live in', ['10.0.1.0/24'])),
  })
  .meta(describe('Private network; ranges of two environments must not overlap'));
const environment = {
  ...common,
  network,
  jobs: z.record(z.string(), jobOverride).meta(describe('Per job name: what differs from defaults.jobs')),
};

const previewFields = {
  max_per_author: whole(1, 500).meta(describe('How many of one author at once. Default: as many as there are')),
  budget: z
    .number()
    .positive()
    .max(100_000)
    .meta(describe('Euros a month, VAT included, for all previews together', [60])),
  ttl: leaf(rule.duration).meta(
    describe('A preview goes this long after its last activity. Default: 3d', ['3d', '72h']),
  ),
  idle_stop: leaf(rule.duration).meta(
    describe('Without activity for so long its jobs stop; /deploy starts them again. Default: never', ['8h']),
  ),
  at_cap: z
    .enum(['wait', 'evict-oldest-idle'])
    .meta(describe('When all places are taken: wait (default), or the one that is idle longest goes')),
  mode: z
    .enum(previewModes)
    .meta(describe('server: a server for each (default); pool: jobs on servers that previews share, there in seconds')),
  images: z
    .enum(['commit', 'configured'])
    .meta(describe('commit (default): what was built for the head commit; configured: the images of this file')),
  zone: leaf(rule.domain).meta(
    describe('Hetzner DNS zone of previews, if not dns.zone: in a Hetzner project of their own', ['pr.example.com']),
  ),
  pool: z
    .strictObject({
      on: z.enum(['pool', 'staging']).meta(describe('Servers of their own (default), or those of staging')),
      per_server: whole(1, 100).meta(describe('Previews on one server before another is ordered. Default: 6')),
      max_servers: whole(1, 20).meta(describe('Default: 3')),
      types: list(leaf(rule.serverType).meta({ examples: [...serverTypes] }), 20).meta(
        describe('Ladder of types. Default: that of previews'),
      ),
      cpu: whole(50, 100_000).meta(describe('MHz that one preview may take, all its jobs together. Default: 1000')),
      memory: whole(32, 1_000_000).meta(describe('MB that one preview may take. Default: 768')),
      network: network.optional(),
    })
    .partial()
    .meta(describe('Of mode pool')),
};

const s3Schema = z.strictObject({
  endpoint: leaf(rule.storeAddress)
    .optional()
    .meta(describe('Left out: AWS itself', ['https://fsn1.your-objectstorage.com'])),
  region: z
    .string()
    .min(1)
    .meta(describe('As the store names it; R2 wants auto', ['fsn1', 'eu-central-1'])),
  bucket: leaf(rule.bucket).meta(describe('Made by: reconcile state init', ['aipacto-state'])),
  prefix: leaf(rule.objectPrefix)
    .optional()
    .meta(describe('Put before every key; without a slash at its ends', ['reconcile/aipacto'])),
  path_style: z
    .boolean()
    .optional()
    .meta(describe('Bucket in the path instead of the host name. Default: true with an endpoint, else false')),
  lease: z
    .enum(['store', 'hetzner'])
    .optional()
    .meta(
      describe(
        'Who holds the lease: the bucket (default), or an object of the Hetzner project, for stores that ignore conditions on writes',
      ),
    ),
});

const stateSchema = z
  .strictObject({
    backend: z
      .enum(['local', 's3'])
      .meta(describe('local: a directory on this machine; s3: a bucket, shared by a team and its pipelines')),
    directory: z
      .string()
      .min(1)
      .optional()
      .meta(describe('Of backend local: where the state files lie', ['state/files'])),
    s3: s3Schema
      .optional()
      .meta(describe('Of backend s3. Credentials come from AWS_ACCESS_KEY_ID and so on, as everyone reads them')),
    recipients: z
      .array(leaf(rule.ageRecipient))
      .optional()
      .meta(describe('age recipients that can read the secrets in the state; made by: reconcile state keygen')),
    identity: leaf(rule.identityFile)
      .optional()
      .meta(describe('File with an age identity; RECONCILE_AGE_IDENTITY overrides it', ['~/.config/age/aipacto.txt'])),
    previews: z
      .strictObject({
        directory: z
          .string()
          .min(1)
          .meta(describe('Of backend local', ['state/previews'])),
        s3: s3Schema.meta(describe('Of backend s3')),
        recipients: z
          .array(leaf(rule.ageRecipient))
          .meta(describe('age recipients of their own: whoever can read them should not be able to read production')),
        identity: leaf(rule.identityFile).meta(describe('File with their age identity')),
      })
      .partial()
      .optional()
      .meta(
        describe(
          'Where previews differ: a bucket and recipients of their own, so that nothing that can read the state of previews can read that of production',
        ),
      ),
  })
  .superRefine(({ backend, directory, s3 }, context) => {
    const missing = backend === 'local' && directory === undefined ? 'directory' : undefined;
    const lacks = backend === 's3' && s3 === undefined ? 's3' : missing;
    if (lacks === undefined) return;
    const allowed = lacks === 's3' ? 's3: { region: …, bucket: … }' : 'directory: state/files';
    context.addIssue({ code: 'custom', message: `backend: ${backend} needs ${lacks}`, params: { allowed } });
  });

export const infraSchema = z
  .strictObject({
    project: leaf(rule.name).meta(describe('Label on every object, prefix of every name', ['aipacto'])),
    domain: leaf(rule.domain).meta(
      describe(
        'Domain of production. PRODUCTION_DOMAIN overrides it; names of the file that end in the old domain follow, and the zone if it was that domain',
        ['example.com'],
      ),
    ),
    state: stateSchema.optional().meta(describe('Where the memory between runs is kept. Not needed with --local')),
    dns: z
      .strictObject({
        zone: leaf(rule.domain).meta(describe('Hetzner DNS zone: adopted when it exists, else created')),
        ttl: whole(60, 86_400).optional().meta(describe('Seconds that resolvers keep our records. Default: 300')),
      })
      .optional()
      .meta(describe('Leave out to manage DNS elsewhere')),
    acme: z
      .strictObject({
        email: leaf(rule.email)
          .optional()
          .meta(describe('Where the authority may write to', ['ops@example.com'])),
        directory: leaf(rule.httpsAddress)
          .optional()
          .meta(
            describe("ACME directory. Default: Let's Encrypt", [
              'https://acme-staging-v02.api.letsencrypt.org/directory',
            ]),
          ),
        ca: leaf(rule.pemCertificate)
          .optional()
          .meta(describe("PEM of the authority that signs the directory's own HTTPS; public ones need none")),
      })
      .optional()
      .meta(describe('Who issues certificates for tls: acme-dns and tls: caddy')),
    github: z
      .strictObject({
        repository: leaf(rule.codeRepository).meta(
          describe('Whose pull requests get previews. Default: GITHUB_REPOSITORY', ['acme/shop']),
        ),
      })
      .partial()
      .optional()
      .meta(describe('GITHUB_TOKEN logs in, GITHUB_API_URL says where')),
    images: z
      .strictObject({
        registry: leaf(rule.imageRegistry).meta(
          describe('A job without an image has <registry>/<project>-<job>:latest', ['docker.io/acme', 'ghcr.io/acme']),
        ),
        username: z
          .string()
          .min(1)
          .max(255)
          .meta(
            describe('Servers log in with it and REGISTRY_TOKEN, which may only read; left out: images are public', [
              'acme-deploy',
            ]),
          ),
        pin: z
          .boolean()
          .meta(
            describe(
              'A tag runs as the digest it stands for when it is first asked for. false: no registry is asked, and what a server pulls is what the tag stands for then. Default: true',
            ),
          ),
      })
      .partial()
      .optional()
      .meta(describe('Where images of the jobs lie')),
    ssh_keys: z
      .array(leaf(rule.sshKeyName))
      .optional()
      .meta(describe('Names of SSH keys in the Hetzner project. SSH_KEY_NAME adds one', [['alice-laptop']])),
    versions: z
      .strictObject({ nomad: version('nomad'), consul: version('consul'), caddy: version('caddy') })
      .partial()
      .optional()
      .meta(describe('What the servers install; downloads are checked against pinned checksums')),
    artifacts: z
      .strictObject({
        mirror: leaf(rule.mirror).meta(
          describe('Base address; below it <product>/<version>/<file name of the vendor>', [
            'https://mirror.example.com/cluster',
          ]),
        ),
        checksums: z
          .strictObject({ nomad: mirrored, consul: mirrored, caddy: mirrored, tailscale: mirrored })
          .partial()
          .optional()
          .meta(describe("By version, in place of the vendors' own: for files that were packed anew")),
      })
      .optional()
      .meta(describe("Another place for all that servers download, in place of the vendors' addresses")),
    tailscale: z
      .strictObject({
        version: leaf(rule.version).meta(describe('Version of the static build', ['1.102.3'])),
        amd64: hex(64).meta(describe('SHA-256 of tailscale_<version>_amd64.tgz')),
        arm64: hex(64).meta(describe('SHA-256 of tailscale_<version>_arm64.tgz')),
        tags: list(leaf(rule.tailscaleTag), 10)
          .default(['tag:server'])
          .meta(describe('Tags the servers join with. Default: tag:server', [['tag:server']])),
        api: leaf(rule.apiOrigin)
          .optional()
          .meta(
            describe(
              'Address of the control API, if not https://api.tailscale.com. TAILSCALE_OAUTH_CLIENT_ID and TAILSCALE_OAUTH_CLIENT_SECRET log in there',
              ['https://api.tailscale.com'],
            ),
          ),
      })
      .optional()
      .meta(describe('Leave out to reach the servers over SSH alone')),
    defaults: defaults.optional().meta(describe('What all environments share')),
    environments: z
      .strictObject({
        production: z.strictObject(environment).partial().meta(describe('The real thing, at `domain`')),
        staging: z
          .strictObject({ domain: leaf(rule.domain).meta(describe('Default: staging.<domain>')), ...environment })
          .partial()
          .meta(describe('One server to try things on')),
        pr: z
          .strictObject({
            domain: leaf(rule.domainTemplate).meta(
              describe('With {number} in it. Default: pr-{number}.pr.<domain>', ['pr-{number}.pr.example.com']),
            ),
            max: whole(1, 500).meta(describe('How many at once. MAX_PR_ENVIRONMENTS overrides it. Default: 15')),
            ...previewFields,
            ...environment,
          })
          .partial()
          .meta(describe('One short-lived environment for each open pull request')),
      })
      .partial()
      .meta(describe('The targets; each may be empty, {}, and then takes every default')),
  })
  .meta({ title: 'infra.yaml', description: 'The one file that describes the infrastructure' });

export type Infra = z.output<typeof infraSchema>;

/** The JSON Schema of infra.yaml for editors; `infra.schema.json` is this, and a test holds them equal. */
export const jsonSchema = (): object =>
  z.toJSONSchema(infraSchema, { target: 'draft-7', io: 'input', reused: 'inline' });
