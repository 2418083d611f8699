/**
 * Releases whose checksums are known here, as the vendors publish them: HashiCorp's Homebrew tap (SHA-256 of the zip),
 * Caddy's repository of official images (SHA-512 of the tar.gz). A version that this table lacks can be used when
 * infra.yaml carries its checksums. Nomad 1.9.2 is left out on purpose (see refusedVersions).
 */
export const products = ['nomad', 'consul', 'caddy'] as const;
export type Product = (typeof products)[number];
export const architectures = ['amd64', 'arm64'] as const;
export type Architecture = (typeof architectures)[number];
export type Checksums = Readonly<Record<Architecture, string>>;

interface Release extends Checksums {
  readonly product: Product;
  readonly version: string;
}

export const releases: readonly Release[] = [
  {
    product: 'nomad',
    version: '1.9.3',
    amd64: '517bce4fcebdc71335ac33a1e34a4c262d2417d8ed4e60cf895fc59e69d70c84',
    arm64: 'bd5dd97272c6b4bfeedb2a48c21ae45b2e396c089525003e4e2c8f4b04945da5',
  },
  {
    product: 'nomad',
    version: '1.9.5',
    amd64: '290ab1f7fdab2b7197a05eaea4a962d8f2966f7736c957c4c2a8f0196d2bcdb2',
    arm64: '13205cb3713cafc8935ccf57119ff66a6955e4a60961cd2c1252679d7ee63d9c',
  },
  {
    product: 'nomad',
    version: '1.9.7',
    amd64: 'e9c7337893eceb549557ef9ad341b3ae64f5f43e29ff1fb167b70cfd16748d2d',
    arm64: '30984d4d51a484995d9cdb5089a5a209b3332e11ab08caf179a32b9ba2e4227e',
  },
  {
    product: 'nomad',
    version: '1.10.5',
    amd64: '4242244ab1f6887e963d6bb674ac490ee9b270a29aff6f826c51ef3187c77044',
    arm64: 'a24f3f3d230ceacdef3c69cf264ffa913d2cf90fd862d26d36c87a6d04512e22',
  },
  {
    product: 'nomad',
    version: '1.11.3',
    amd64: '19dac5642a2ba5305e6ff8efee06a708d760ebe4d1cd7936bc3dc526f477dc12',
    arm64: '902e44260fcd9297af7042fb33ccd5a29cc2202b57199724f17c96fcd67414d2',
  },
  {
    product: 'nomad',
    version: '2.0.4',
    amd64: 'f6b0d555f65de7d81ef3274d7d7dfcad6ff24d6e6214a806deb5c50b909e47b7',
    arm64: '406354fcc7cb77d6169cdfec13dc15cd440dd6486f88d10d28c1d3b17a254bea',
  },
  {
    product: 'consul',
    version: '1.20.1',
    amd64: 'd38e7571177909d437a9cbcc62fb65083bc567266b74a62d02c6abe783951648',
    arm64: '03ad4cf513819413016a79154e74161bcfa3c9e1fbfcbdc9eca525b2123d4779',
  },
  {
    product: 'consul',
    version: '1.20.6',
    amd64: '37fc6f213a44c6db3a2b912966fb1415939e9b189ce1bc1eb07b7f87449a28c2',
    arm64: '96ba60faadde5d92f36d536818a6382159344983c79529015e5d991fd1199d4b',
  },
  {
    product: 'consul',
    version: '1.21.5',
    amd64: '2dfb63fcabe9f15b956cf408248d9ebe36cfd662ca182352942a3bd4e5d5faca',
    arm64: 'e7d198f9eb8c5846c1d6371985be1ba356e7aa73e6d63e2196f44ae771b87861',
  },
  {
    product: 'consul',
    version: '1.22.7',
    amd64: 'fe25cecd8dd3552a8e5b0941cde1d79bb6004eac384aa45679dd1398f947201d',
    arm64: 'db54c5fb7c5ceaef97a38ca45dcc0f649ff592a48c73ab320e2d535c78e136cc',
  },
  {
    product: 'consul',
    version: '2.0.2',
    amd64: '96e56c9d06b4a15bfa316afa39af926c1b67d189f66388dc1eecbb7c26faeed4',
    arm64: '70c13b33f47da13c7c797b57d6ccc8a738ecf33c8e3aec4c268640dc17ba660c',
  },
  {
    product: 'caddy',
    version: '2.10.2',
    amd64:
      '747df7ee74de188485157a383633a1a963fd9233b71fbb4a69ddcbcc589ce4e2cc82dacf5dbbe136cb51d17e14c59daeb5d9bc92487610b0f3b93680b2646546',
    arm64:
      '6ce061a690312ab38367df3c5d5f89a2e4a263e7300d300d87356211bb81e79b15933e6d6203e03fbf26f15cc0311f264805f336147dbdd24938d84b57a4421c',
  },
  {
    product: 'caddy',
    version: '2.11.2',
    amd64:
      '2513b289054386b76642a9e8bfc10d217df2b5361e4cdd0c72672b0eeab57ae737d57466eb70f1a44233cbcc697ecf21de88137ca45ef4b64f150a32b58f5f14',
    arm64:
      '630d1e096e3c9594fd2f4f7129356ee5d6c7e53d0ca1b9a0c7486612c6d752ff355c96738c7a28c60367a5f1da4b51afca731bb745fb0b97cda4c811214cdc48',
  },
];

/** Versions that must never be installed, with the reason a user reads. */
export const refusedVersions: Readonly<Partial<Record<Product, Readonly<Record<string, string>>>>> = {
  nomad: {
    '1.9.2':
      'HashiCorp withdrew it: loading a snapshot of 1.9.1 or older wipes jobs, ACLs and variables (hashicorp/nomad#24411)',
    '1.9.6': 'its client may never see a Consul agent that started later (fixed in 1.9.7)',
  },
};

export const checksumsOf = (product: Product, version: string): Checksums | undefined =>
  releases.find((release) => release.product === product && release.version === version);

export const versionsOf = (product: Product): readonly string[] =>
  releases.filter((release) => release.product === product).map((release) => release.version);

/** Caddy publishes SHA-512 sums (128 hex digits), HashiCorp SHA-256 (64). */
export const checksumAlgorithm = (checksum: string): 'sha256' | 'sha512' =>
  checksum.length === 128 ? 'sha512' : 'sha256';

/** What a server may download: a product of the table above, or Tailscale, whose checksums infra.yaml carries. */
export type Artifact = Product | 'tailscale';

const vendors: Readonly<Record<Artifact, string>> = {
  nomad: 'https://releases.hashicorp.com/nomad/VERSION',
  consul: 'https://releases.hashicorp.com/consul/VERSION',
  caddy: 'https://github.com/caddyserver/caddy/releases/download/vVERSION',
  tailscale: 'https://pkgs.tailscale.com/stable',
};

/** The vendor's own name of a release: `nomad_1.9.7_linux_amd64.zip`. */
export const artifactFile = (artifact: Artifact, version: string, architecture: Architecture): string => {
  if (artifact === 'caddy') return `caddy_${version}_linux_${architecture}.tar.gz`;
  if (artifact === 'tailscale') return `tailscale_${version}_${architecture}.tgz`;
  return `${artifact}_${version}_linux_${architecture}.zip`;
};

/** Where a release is fetched from. A mirror holds all of them alike: `<mirror>/<artifact>/<version>/<file>`. */
export const artifactUrl = (
  artifact: Artifact,
  version: string,
  architecture: Architecture,
  mirror?: string,
): string => {
  const folder =
    mirror === undefined ? vendors[artifact].replace('VERSION', version) : `${mirror}/${artifact}/${version}`;
  return `${folder}/${artifactFile(artifact, version, architecture)}`;
};

/** Hetzner's cax types are Arm, all others x86. */
export const architectureOf = (serverType: string): Architecture => (serverType.startsWith('cax') ? 'arm64' : 'amd64');
