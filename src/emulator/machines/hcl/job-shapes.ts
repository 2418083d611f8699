/*
 * Which blocks and arguments a job specification may hold and what they are called in the API (nomad/docs/job-specification,
 * nomad/api structs at v1.9). A block or argument that is missing here is refused by name.
 */
export type ArgumentType = 'string' | 'int' | 'bool' | 'strings' | 'duration' | 'map' | 'any';
export interface Shape {
  readonly arguments: Readonly<Record<string, readonly [api: string, type: ArgumentType]>>;
  readonly blocks?: Readonly<Record<string, BlockShape>>;
  /** Values that Canonicalize fills in when they are missing. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Where the block's label goes; `key` blocks become a map by label instead. */
  readonly label?: string;
}
export interface BlockShape {
  readonly api: string;
  /** `one`: an object; `many`: a list; `free`: a map of whatever it holds. */
  readonly as: 'one' | 'many' | 'free';
  readonly shape?: () => Shape;
}

const seconds = (count: number): number => count * 1e9;

const constraint: Shape = {
  arguments: {
    attribute: ['LTarget', 'string'],
    operator: ['Operand', 'string'],
    value: ['RTarget', 'string'],
    distinct_hosts: ['DistinctHosts', 'bool'],
  },
};
const spread: Shape = { arguments: { attribute: ['Attribute', 'string'], weight: ['Weight', 'int'] } };
const update: Shape = {
  arguments: {
    max_parallel: ['MaxParallel', 'int'],
    health_check: ['HealthCheck', 'string'],
    min_healthy_time: ['MinHealthyTime', 'duration'],
    healthy_deadline: ['HealthyDeadline', 'duration'],
    progress_deadline: ['ProgressDeadline', 'duration'],
    stagger: ['Stagger', 'duration'],
    auto_revert: ['AutoRevert', 'bool'],
    auto_promote: ['AutoPromote', 'bool'],
    canary: ['Canary', 'int'],
  },
};
export const updateDefaults = {
  MaxParallel: 1,
  HealthCheck: 'checks',
  MinHealthyTime: seconds(10),
  HealthyDeadline: seconds(300),
  ProgressDeadline: seconds(600),
  Stagger: seconds(30),
  AutoRevert: false,
  AutoPromote: false,
  Canary: 0,
} as const;
const restart: Shape = {
  arguments: {
    attempts: ['Attempts', 'int'],
    interval: ['Interval', 'duration'],
    delay: ['Delay', 'duration'],
    mode: ['Mode', 'string'],
  },
  defaults: { Attempts: 2, Interval: seconds(1800), Delay: seconds(15), Mode: 'fail' },
};
const reschedule: Shape = {
  arguments: {
    attempts: ['Attempts', 'int'],
    interval: ['Interval', 'duration'],
    delay: ['Delay', 'duration'],
    delay_function: ['DelayFunction', 'string'],
    max_delay: ['MaxDelay', 'duration'],
    unlimited: ['Unlimited', 'bool'],
  },
};
const migrate: Shape = {
  arguments: {
    max_parallel: ['MaxParallel', 'int'],
    health_check: ['HealthCheck', 'string'],
    min_healthy_time: ['MinHealthyTime', 'duration'],
    healthy_deadline: ['HealthyDeadline', 'duration'],
  },
};
const checkRestart: Shape = {
  arguments: { limit: ['Limit', 'int'], grace: ['Grace', 'duration'], ignore_warnings: ['IgnoreWarnings', 'bool'] },
};
const check: Shape = {
  arguments: {
    name: ['Name', 'string'],
    type: ['Type', 'string'],
    path: ['Path', 'string'],
    port: ['PortLabel', 'string'],
    method: ['Method', 'string'],
    protocol: ['Protocol', 'string'],
    interval: ['Interval', 'duration'],
    timeout: ['Timeout', 'duration'],
    expose: ['Expose', 'bool'],
    address_mode: ['AddressMode', 'string'],
    success_before_passing: ['SuccessBeforePassing', 'int'],
    failures_before_critical: ['FailuresBeforeCritical', 'int'],
  },
  blocks: {
    check_restart: { api: 'CheckRestart', as: 'one', shape: () => checkRestart },
    header: { api: 'Header', as: 'free' },
  },
};
const service: Shape = {
  arguments: {
    name: ['Name', 'string'],
    port: ['PortLabel', 'string'],
    provider: ['Provider', 'string'],
    tags: ['Tags', 'strings'],
    canary_tags: ['CanaryTags', 'strings'],
    address_mode: ['AddressMode', 'string'],
    task: ['TaskName', 'string'],
    on_update: ['OnUpdate', 'string'],
  },
  blocks: {
    check: { api: 'Checks', as: 'many', shape: () => check },
    meta: { api: 'Meta', as: 'free' },
    canary_meta: { api: 'CanaryMeta', as: 'free' },
  },
  defaults: { Provider: 'consul' },
};
const port: Shape = {
  arguments: { to: ['To', 'int'], static: ['Value', 'int'], host_network: ['HostNetwork', 'string'] },
  label: 'Label',
};
const network: Shape = {
  arguments: { mode: ['Mode', 'string'], hostname: ['Hostname', 'string'] },
  blocks: { port: { api: 'Ports', as: 'many', shape: () => port } },
};
const resources: Shape = {
  arguments: {
    cpu: ['CPU', 'int'],
    cores: ['Cores', 'int'],
    memory: ['MemoryMB', 'int'],
    memory_max: ['MemoryMaxMB', 'int'],
  },
  defaults: { CPU: 100, MemoryMB: 300 },
};
const template: Shape = {
  arguments: {
    data: ['EmbeddedTmpl', 'string'],
    source: ['SourcePath', 'string'],
    destination: ['DestPath', 'string'],
    env: ['Envvars', 'bool'],
    change_mode: ['ChangeMode', 'string'],
    change_signal: ['ChangeSignal', 'string'],
    perms: ['Perms', 'string'],
    splay: ['Splay', 'duration'],
    left_delimiter: ['LeftDelim', 'string'],
    right_delimiter: ['RightDelim', 'string'],
    error_on_missing_key: ['ErrMissingKey', 'bool'],
  },
};
const logs: Shape = {
  arguments: {
    max_files: ['MaxFiles', 'int'],
    max_file_size: ['MaxFileSizeMB', 'int'],
    disabled: ['Disabled', 'bool'],
  },
};
const identity: Shape = {
  arguments: {
    name: ['Name', 'string'],
    aud: ['Audience', 'strings'],
    env: ['Env', 'bool'],
    file: ['File', 'bool'],
    ttl: ['TTL', 'duration'],
  },
};
const task: Shape = {
  arguments: {
    driver: ['Driver', 'string'],
    user: ['User', 'string'],
    leader: ['Leader', 'bool'],
    kill_timeout: ['KillTimeout', 'duration'],
    kill_signal: ['KillSignal', 'string'],
    shutdown_delay: ['ShutdownDelay', 'duration'],
  },
  blocks: {
    config: { api: 'Config', as: 'free' },
    env: { api: 'Env', as: 'free' },
    meta: { api: 'Meta', as: 'free' },
    resources: { api: 'Resources', as: 'one', shape: () => resources },
    template: { api: 'Templates', as: 'many', shape: () => template },
    service: { api: 'Services', as: 'many', shape: () => service },
    constraint: { api: 'Constraints', as: 'many', shape: () => constraint },
    restart: { api: 'RestartPolicy', as: 'one', shape: () => restart },
    logs: { api: 'LogConfig', as: 'one', shape: () => logs },
    identity: { api: 'Identities', as: 'many', shape: () => identity },
    consul: { api: 'Consul', as: 'free' },
  },
  label: 'Name',
  defaults: { Resources: { CPU: 100, MemoryMB: 300 }, KillTimeout: seconds(5) },
};
const ephemeralDisk: Shape = {
  arguments: { size: ['SizeMB', 'int'], migrate: ['Migrate', 'bool'], sticky: ['Sticky', 'bool'] },
};
const disconnect: Shape = {
  arguments: {
    lost_after: ['LostAfter', 'duration'],
    replace: ['Replace', 'bool'],
    reconcile: ['Reconcile', 'string'],
  },
};
const group: Shape = {
  arguments: { count: ['Count', 'int'], shutdown_delay: ['ShutdownDelay', 'duration'] },
  blocks: {
    network: { api: 'Networks', as: 'many', shape: () => network },
    service: { api: 'Services', as: 'many', shape: () => service },
    task: { api: 'Tasks', as: 'many', shape: () => task },
    update: { api: 'Update', as: 'one', shape: () => update },
    restart: { api: 'RestartPolicy', as: 'one', shape: () => restart },
    reschedule: { api: 'ReschedulePolicy', as: 'one', shape: () => reschedule },
    migrate: { api: 'Migrate', as: 'one', shape: () => migrate },
    meta: { api: 'Meta', as: 'free' },
    constraint: { api: 'Constraints', as: 'many', shape: () => constraint },
    spread: { api: 'Spreads', as: 'many', shape: () => spread },
    ephemeral_disk: { api: 'EphemeralDisk', as: 'one', shape: () => ephemeralDisk },
    disconnect: { api: 'Disconnect', as: 'one', shape: () => disconnect },
    consul: { api: 'Consul', as: 'free' },
  },
  label: 'Name',
  defaults: { Count: 1 },
};
export const jobShape: Shape = {
  arguments: {
    id: ['ID', 'string'],
    name: ['Name', 'string'],
    datacenters: ['Datacenters', 'strings'],
    type: ['Type', 'string'],
    priority: ['Priority', 'int'],
    region: ['Region', 'string'],
    namespace: ['Namespace', 'string'],
    node_pool: ['NodePool', 'string'],
    all_at_once: ['AllAtOnce', 'bool'],
  },
  blocks: {
    group: { api: 'TaskGroups', as: 'many', shape: () => group },
    update: { api: 'Update', as: 'one', shape: () => update },
    meta: { api: 'Meta', as: 'free' },
    constraint: { api: 'Constraints', as: 'many', shape: () => constraint },
    spread: { api: 'Spreads', as: 'many', shape: () => spread },
    reschedule: { api: 'Reschedule', as: 'one', shape: () => reschedule },
  },
  label: 'ID',
  defaults: {
    Type: 'service',
    Priority: 50,
    Region: 'global',
    Namespace: 'default',
    NodePool: 'default',
    // Register fills it in, not parse.
    Datacenters: null,
  },
};
