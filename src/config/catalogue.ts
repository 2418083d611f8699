/*
 * Names that Hetzner has ever given. Only spelling is judged here: whether a type can be had today is for the planner,
 * which asks the API (docs.hetzner.cloud, server types). Newest first, because suggestions take the first best.
 */
export const serverTypes = [
  ...['cx23', 'cx33', 'cx43', 'cx53'],
  ...['cpx12', 'cpx22', 'cpx32', 'cpx42', 'cpx52', 'cpx62'],
  ...['cax11', 'cax21', 'cax31', 'cax41'],
  ...['ccx13', 'ccx23', 'ccx33', 'ccx43', 'ccx53', 'ccx63'],
] as const;

/** Not orderable any more, in all or most locations; older catalogues still have them. */
export const retiredServerTypes = [
  ...['cx22', 'cx32', 'cx42', 'cx52'],
  ...['cpx11', 'cpx21', 'cpx31', 'cpx41', 'cpx51'],
  ...['ccx12', 'ccx22', 'ccx32', 'ccx42', 'ccx52', 'ccx62'],
  ...['cx11', 'cx21', 'cx31', 'cx41', 'cx51'],
  ...['cx11-ceph', 'cx21-ceph', 'cx31-ceph', 'cx41-ceph', 'cx51-ceph'],
  ...['ccx11', 'ccx21', 'ccx31', 'ccx41', 'ccx51'],
] as const;

export const knownServerTypes: readonly string[] = [...serverTypes, ...retiredServerTypes];

export const isArm = (serverType: string): boolean => serverType.startsWith('cax');

/** Location to network zone: all servers of an environment share one private network, hence one zone. */
export const locations: Readonly<Record<string, string>> = {
  nbg1: 'eu-central',
  fsn1: 'eu-central',
  hel1: 'eu-central',
  ash: 'us-east',
  hil: 'us-west',
  sin: 'ap-southeast',
};

export const loadBalancerTypes = ['lb11', 'lb21', 'lb31'] as const;

/** System images that the cloud-init template is written for: systemd, apt, docker.io of the distribution. */
export const images = ['debian-12', 'debian-13', 'ubuntu-24.04', 'ubuntu-22.04'] as const;

/** Networks that exist on every server: Docker's bridge, its pool in daemon.json, Nomad's bridge, Hetzner's gateway. */
export const takenRanges: readonly { readonly range: string; readonly by: string }[] = [
  { range: '172.17.0.0/16', by: "Docker's default bridge" },
  { range: '172.20.0.0/14', by: "Docker's address pool (templates/daemon.json.hbs)" },
  { range: '172.26.64.0/20', by: "Nomad's bridge" },
  { range: '172.31.1.1/32', by: "Hetzner's public gateway" },
];
