import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answering, freePort, onPath, pause, type S3Server, startChild } from './servers.ts';

/** What a cluster of one takes; Debian: radosgw ceph-mon ceph-osd ceph-common. */
const programs = ['radosgw', 'radosgw-admin', 'ceph-mon', 'ceph-osd', 'ceph', 'ceph-authtool', 'monmaptool'];
const missing = programs.filter((program) => onPath(program) === undefined);
/** Why it can't be had; undefined: it can. */
export const noRadosgw: string | undefined =
  process.getuid?.() !== 0
    ? 'not root'
    : missing.length > 0
      ? `no ${missing.join(', ')}: apt-get install radosgw ceph-mon ceph-osd ceph-common`
      : undefined;

const keys = { AWS_ACCESS_KEY_ID: 'TESTKEY', AWS_SECRET_ACCESS_KEY: 'test-secret-test-secret' };

const configuration = (directory: string, monitor: number, gateway: number, fsid: string): string => `[global]
fsid = ${fsid}
mon host = v2:127.0.0.1:${monitor}
public addr = 127.0.0.1
keyring = ${directory}/keyring
mon data = ${directory}/mon
osd data = ${directory}/osd
run dir = ${directory}
admin socket = ${directory}/$name.sock
log file = ${directory}/$name.log
log to stderr = false
osd objectstore = memstore
memstore device bytes = 1073741824
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail warn = 1
mon data avail crit = 1
rgw frontends = beast endpoint=127.0.0.1:${gateway}
`;

/**
 * The gateway that Hetzner's Object Storage is built on, over a Ceph cluster of one monitor and one disk in memory, in a
 * directory of its own. Some ten seconds.
 */
export const startRadosgw = async (): Promise<S3Server> => {
  const directory = mkdtempSync(join(tmpdir(), 'radosgw-'));
  const [monitor, gateway] = [await freePort(), await freePort()];
  const [fsid, disk] = [randomUUID(), randomUUID()];
  const conf = join(directory, 'ceph.conf');
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const one of stops.reverse()) await one();
    rmSync(directory, { recursive: true, force: true });
  };
  const run = (program: string, ...args: string[]): void => {
    execFileSync(program, args, { stdio: 'pipe', timeout: 30_000, env: { ...process.env, CEPH_CONF: conf } });
  };
  const start = (program: string, ...args: string[]) => {
    const started = startChild(program, ['-f', ...args, '-c', conf]);
    stops.push(started.stop);
    return started;
  };
  try {
    for (const name of ['mon', 'osd']) mkdirSync(join(directory, name));
    writeFileSync(conf, configuration(directory, monitor, gateway, fsid));
    const keyring = join(directory, 'keyring');
    run(
      'monmaptool',
      '--create',
      '--addv',
      'a',
      `[v2:127.0.0.1:${monitor}]`,
      '--fsid',
      fsid,
      join(directory, 'monmap'),
    );
    run('ceph-authtool', '-C', keyring, '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *');
    const all = ['--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *'];
    run('ceph-authtool', keyring, '--gen-key', '-n', 'client.admin', ...all, '--cap', 'mgr', 'allow *');
    run('ceph-authtool', keyring, '--gen-key', '-n', 'osd.0', ...all);
    run('ceph-mon', '--mkfs', '-i', 'a', '--keyring', keyring, '--monmap', join(directory, 'monmap'));
    start('ceph-mon', '-i', 'a');
    run('ceph', 'osd', 'new', disk);
    run('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', disk);
    run('ceph', 'auth', 'add', 'osd.0', '-i', keyring);
    start('ceph-osd', '-i', '0');
    await until('the disk to be up', () => {
      const { num_up_osds: up } = JSON.parse(
        execFileSync('ceph', ['-c', conf, 'osd', 'stat', '-f', 'json'], { stdio: 'pipe', timeout: 30_000 }).toString(),
      ) as { num_up_osds: number };
      return up === 1;
    });
    const user = ['--uid', 'test', '--display-name', 'test'];
    const secret = ['--access-key', keys.AWS_ACCESS_KEY_ID, '--secret-key', keys.AWS_SECRET_ACCESS_KEY];
    run('radosgw-admin', '-c', conf, 'user', 'create', ...user, ...secret);
    const { child, said } = start('radosgw', '-n', 'client.admin');
    const endpoint = `http://127.0.0.1:${gateway}`;
    await answering(endpoint, child, said);
    return { endpoint, region: 'default', env: keys, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const until = async (what: string, look: () => boolean): Promise<void> => {
  for (let left = 60; left > 0; left -= 1) {
    if (look()) return;
    await pause(500);
  }
  throw new Error(`waited 30 s for ${what}`);
};
