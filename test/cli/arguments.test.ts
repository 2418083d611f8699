import { expect, test } from 'vitest';
import { run } from './kit.ts';

test.each([
  ['', 'no target given: write production, staging, pr <number> or pool', 'reconcile --help'],
  ['plna production', 'plna is neither a verb nor a target; did you mean plan?', 'reconcile --help'],
  ['prodution --local', 'prodution is neither a verb nor a target; did you mean production?', 'reconcile --help'],
  [
    'plan prodution',
    'prodution is no target: targets are production, staging, pr <number> or pool; did you mean production?',
    'reconcile plan --help',
  ],
  ['xyzzy', 'xyzzy is neither a verb nor a target', 'reconcile --help'],
  ['pr', 'pr needs the number of a pull request, e.g. pr 7', 'reconcile --help'],
  ['pr seven', 'seven is no pull request number: write a whole number from 1 to 9999999', 'reconcile --help'],
  ['pr 0', '0 is no pull request number: write a whole number from 1 to 9999999', 'reconcile --help'],
  ['destroy pr 7 8', 'pr 7 takes nothing after it, found: 8', 'reconcile destroy --help'],
  ['production 7', 'production takes nothing after it, found: 7', 'reconcile --help'],
  ['list production', 'list takes nothing after it, found: production', 'reconcile list --help'],
  ['status', 'no target given: write production, staging, pr <number> or pool', 'reconcile status --help'],
  ['production --yse', 'unknown option --yse; did you mean --yes?', 'reconcile --help'],
  ['plan production --onyl=server/a', 'unknown option --onyl; did you mean --only?', 'reconcile plan --help'],
  ['list --only server/a', 'reconcile list has no option --only', 'reconcile list --help'],
  ['plan production --out', '--out needs a value', 'reconcile plan --help'],
  [
    'plan production --only srver/a',
    '--only wants an address like server/production-2, found: srver/a; did you mean server/a?',
    'reconcile plan --help',
  ],
  [
    'production --local=x',
    'x is no kind of local cloud: write --local, --local=simulated or --local=docker',
    'reconcile --help',
  ],
  [
    'check staging --all',
    "--all checks every environment, so staging can't be named beside it",
    'reconcile check --help',
  ],
  [
    'plan staging --only server/a --replace server/b',
    '--replace server/b is outside of --only server/a: name it with --only too',
    'reconcile plan --help',
  ],
  ['apply', 'apply needs the file of a saved plan', 'reconcile apply --help'],
  ['apply a b', 'apply takes one file, found also: b', 'reconcile apply --help'],
  [
    'state',
    'state needs a verb: show, history, pull, push, rebuild, unlock, init, migrate, keygen, reencrypt',
    'reconcile state show --help',
  ],
  [
    'state shw production',
    'state shw is no verb here: write show, history, pull, push, rebuild, unlock, init, migrate, keygen, reencrypt',
    'reconcile state show --help',
  ],
  ['help plann', 'plann is neither a verb nor a target; did you mean plan?', 'reconcile --help'],
  ['plann --help', 'plann is neither a verb nor a target; did you mean plan?', 'reconcile --help'],
])(
  'wrong usage "%s" is exit 64 with a sentence and the help command, and nothing is opened',
  async (line, sentence, next) => {
    const ran = await run(line, { terminal: 200 });
    expect({ code: ran.code, stdout: ran.stdout, calls: ran.calls }).toEqual({ code: 64, stdout: '', calls: [] });
    expect(ran.stderr.replaceAll('\n  ', ' ').replace(' next:', '\n  next:')).toBe(
      `error: ${sentence}\n  next: ${next}\n`,
    );
    const json = await run(`${line} --json`);
    const error = { message: sentence, exitCode: 64, next };
    if (!line.endsWith('--out')) expect(JSON.parse(json.stdout)).toEqual({ error });
  },
);

test.each([
  ['production --local --yes', 'opened: either'],
  ['--local production', 'opened: either'],
  ['--local=simulated plan production', 'opened: simulated'],
  ['plan --local production', 'opened: either'],
  ['production --local=docker', 'opened: docker'],
  ['--config infra.prod.yaml plan production', 'opened: hetzner infra.prod.yaml'],
  ['pr-7 -c x.yaml', 'opened: hetzner x.yaml'],
  ['pr 7 --local', 'opened: either'],
  ['list --yes', 'opened: hetzner'],
])('"%s" is understood', async (line, opened) => {
  const ran = await run(line);
  expect({ code: ran.code, calls: ran.calls }).toEqual({ code: 0, calls: [opened] });
});

test('the targets reach the workspace as typed', async () => {
  const seen: unknown[] = [];
  const plan = (_options: unknown, target: unknown) => {
    seen.push(target);
    throw new Error('far enough');
  };
  for (const line of ['production', 'staging', 'pr 7', 'plan pr-12']) await run(line, { answers: { plan } });
  expect(seen).toEqual([
    { type: 'production' },
    { type: 'staging' },
    { type: 'pr', pullRequest: 7 },
    { type: 'pr', pullRequest: 12 },
  ]);
});

test('the workspace is told whose world is wanted, so that a plain --local finds where an environment lives', async () => {
  const seen: unknown[] = [];
  const open = ({ local, target }: { local: unknown; target: unknown }) => {
    seen.push([local, target]);
  };
  for (const line of ['pr 7 --local', 'list --local=docker', 'check staging']) await run(line, { answers: { open } });
  expect(seen).toEqual([
    ['either', { type: 'pr', pullRequest: 7 }],
    ['docker', undefined],
    [null, { type: 'staging' }],
  ]);
});

test('every verb has a page of help with an example, within 80 columns', async () => {
  const verbs = ['plan', 'apply', 'check', 'destroy', 'list', 'status', 'outputs', 'state show', 'cost', 'init'];
  for (const verb of verbs) {
    const page = await run(`${verb} --help`, { terminal: 80 });
    const same = await run(`help ${verb}`, { terminal: 80 });
    expect(page.code).toBe(0);
    expect(page.stdout).toBe(same.stdout);
    expect(page.stdout).toMatch(new RegExp(`^Usage: reconcile ${verb}`));
    expect(page.stdout).toMatch(new RegExp(`Examples:\\n  reconcile ${verb}`));
    expect(page.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  }
});

test('the overview lists targets, verbs, options, examples and exit codes', async () => {
  const ran = await run('--help', { terminal: 80 });
  expect(ran.code).toBe(0);
  expect(ran.stdout).toMatchInlineSnapshot(`
    "One command turns infra.yaml into a running, healthy cluster on Hetzner Cloud,
    and keeps it true.

    Usage: reconcile <target> [options]
           reconcile <verb> … [options]

    Targets: production, staging, pr <number>, pool

    Verbs:
      <target>                       Converge a target: plan, confirm, apply,
                                     verify.
      plan <target>                  Show what would change; change nothing.
      apply <file>                   Carry out exactly a saved plan; refused if
                                     configuration, state or cloud moved since.
      rollback <target>              Converge a target with the images that its jobs
                                     ran healthily before.
      check [target]                 Drift check: name what differs from infra.yaml;
                                     write nothing anywhere.
      destroy <target>               Remove an environment: everything of ours in
                                     it, nothing else.
      event                          Look at the pull request that an event of
                                     GitHub is about: make, update, keep or destroy
                                     its preview, and say so there.
      sweep                          Look at all pull requests and all previews
                                     without an event: destroy what should not
                                     exist, stop what is idle, serve who waits.
      list                           All environments: servers, age, health, cost,
                                     URL, last change.
      status <target>                Health of every layer, down to each job's
                                     health.
      outputs <target>               Addresses to use: load_balancer_ip,
                                     nomad_ui_url, consul_ui_url, environment_url,
                                     server IPs.
      state show <target>            What the last runs remember: addresses, ids,
                                     history. Secrets are never shown.
      state history <target>         Which runs there were, and which earlier
                                     documents can be had.
      state pull <target>            The document as it is stored. Sealed secrets
                                     stay sealed; in plain text they only go into a
                                     file.
      state push <target> <file>     Put a document in the place of the stored one,
                                     which is kept; refused when something would be
                                     lost.
      state rebuild <target>         Make a state again that was lost or damaged:
                                     from what exists, and keys and secrets from
                                     what was kept. Changes nothing in the cloud.
      state unlock <target>          Who holds the lease; and end it in their stead,
                                     for someone who is sure that the run is dead.
      state init                     Make the bucket of infra.yaml, with versions,
                                     and try out what it honours; safe to repeat.
      state migrate                  Move all states of the project to the other
                                     place that infra.yaml names; may be stopped,
                                     and goes on then.
      state keygen                   Make an age key: the secrets in the state are
                                     sealed for its recipient.
      state reencrypt <target>       Seal the secrets anew, for the recipients that
                                     infra.yaml names now.
      doctor                         Check configuration, token, store, clock, keys,
                                     leases and unfinished runs before they bite.
      cost [target]                  Live prices: per environment, typical and
                                     maximum totals, and what each is made of.
      secrets list <target>          Names of the secrets that jobs read, whether
                                     and since when each has a value; never the
                                     values.
      secrets set <target> <name>    Set a secret that jobs read; its value is asked
                                     for, or read from stdin, and takes effect with
                                     the next run.
      secrets unset <target> <name>  Forget a secret; one that infra.yaml wants
                                     generated gets a new value.
      access open <target>           Let one address in at port 22 of a target for a
                                     while, beside what infra.yaml says; no drift.
      access close <target>          End it before its time.
      init                           Write a commented infra.yaml from a few
                                     questions; an existing one is left alone.
      help [verb]                    This page, or the page of one verb.

    Options of reconcile <target>:
      -y, --yes                   ask no question; needed where there is no terminal
                                  to ask on
      --wait <duration>           while another run holds the lease wait for it, so
                                  long at most (60s, 10m, 1h30m), and plan then
      --approved <changes>        rebuild, replace and delete nothing but this:
                                  none, or what the plan said under approval in a
                                  pipeline
      --allow-runner [address]    let this machine in at port 22 for this command;
                                  which address: the one named,
                                  RECONCILE_RUNNER_ADDRESS, or found out
      --image <job=reference>     the image that this job runs from now on, e.g.
                                  web=acme/shop-web:1.4.2; may be repeated
      --only <address>            only this address and what it needs; may be
                                  repeated
      --replace <address>         delete and make this one anew; may be repeated
      --adopt <address>           take over the foreign thing of that name; may be
                                  repeated
      --recover-access            every copy of the keys is gone: log in with the
                                  SSH key of a human, and make new ones
      --ssh-identity <file>       private key for --recover-access; default:
                                  RECONCILE_SSH_IDENTITY, else the SSH agent
      --json                      print one JSON document on stdout
      --local[=simulated|docker]  use the emulated Hetzner Cloud that ships with the
                                  project: docker boots servers, simulated does not;
                                  without a kind, docker where it can be had
      -c, --config <file>         read this file instead of infra.yaml
      -v, --verbose               show what is folded: unchanged addresses, steps,
                                  causes of errors
      --no-color                  print without colours (as with NO_COLOR)

    Examples:
      reconcile production
          show the plan, ask, carry it out
      reconcile production --local --yes
          the same in the emulated cloud, without a question
      reconcile pr 7
          the environment of pull request 7
      reconcile production --image web=acme/shop-web:1.4.2
          another build of a job; it stays until the next
      reconcile production --only server/production-2
          nothing but this server and what it needs
      reconcile production --recover-access
          back in with a key of ssh_keys, when state and copies are gone
      reconcile production --yes --wait 10m
          in a pipeline: after the run that is at work
      reconcile production --yes --approved none
          refused when something would be rebuilt, replaced or deleted
      reconcile production --yes --allow-runner
          where port 22 is closed: this machine gets in for this run

    Environment:
      HCLOUD_TOKEN              token of the Hetzner project, as for the hcloud
                                command
      HCLOUD_ENDPOINT           address of the API, if not
                                https://api.hetzner.cloud/v1
      RECONCILE_LOCAL_DIR       where --local keeps its world and state, if not in
                                state/local
      RECONCILE_EMULATOR_DATE   day of the catalogue of --local, e.g. 2024-12-01:
                                types and prices of then
      RECONCILE_EMULATOR_VAT    VAT of its prices in percent, if not 21
      REGISTRY_TOKEN            with images.username: servers pull with it; it may
                                only read
      REGISTRY_PUSH_TOKEN       in its place where tags are pushed, or taken away
                                when a pull request is closed
      NOMAD_BIN                 program for the servers of --local=docker, if not on
                                PATH; so CONSUL_BIN, CADDY_BIN
      RECONCILE_RUNNER_ADDRESS  address of --allow-runner and access open; else it
                                is found out
      RECONCILE_SSH_VIA         private: log in at private addresses, over a route
                                of your own (a tailnet)
      NO_COLOR                  print without colours

    Exit codes: 0 converged or nothing to do; 2 changes or drift pending (plan,
    check); 3 someone else holds the lease; 4 blocked by a guard; 1 any other
    failure; 64 wrong usage.
    "
  `);
});

test('--version prints the version', async () => {
  expect(await run('--version')).toMatchObject({ code: 0, stdout: '0.1.0\n' });
});
