import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { supplied, wantsOf, withSupplies } from '../../src/compose/supplies.ts';
import { environmentFor } from '../../src/config/environment.ts';
import { loadProject } from '../../src/config/project.ts';
import { Failure } from '../../src/domain/errors.ts';
import { shippedConfig } from '../support/lab.ts';

const environment = environmentFor(loadProject({ text: shippedConfig, file: 'infra.yaml', env: {} }), {
  type: 'production',
});
const sum = 'a'.repeat(64);

describe('what a local world supplies', () => {
  test('is asked for as infra.yaml says: official releases with their checksums, images with their Dockerfiles', () => {
    const wants = wantsOf(environment, 'infra.yaml');
    expect(wants.programs.map(({ artifact, version }) => `${artifact} ${version}`)).toEqual([
      'consul 1.20.1',
      'nomad 1.9.7',
      'caddy 2.10.2',
    ]);
    expect(wants.programs[1]?.releases.amd64).toEqual({
      url: 'https://releases.hashicorp.com/nomad/1.9.7/nomad_1.9.7_linux_amd64.zip',
      checksum: 'e9c7337893eceb549557ef9ad341b3ae64f5f43e29ff1fb167b70cfd16748d2d',
    });
    expect(wants.images).toContainEqual({
      job: 'web',
      image: 'developeraipacto/aipacto-web:latest',
      dockerfile: resolve('docker/web.Dockerfile'),
      context: resolve('docker'),
    });
  });

  test('a mirror and checksums of infra.yaml are used in place of the vendors', () => {
    const own = {
      ...environment,
      artifacts: { mirror: 'https://mirror.example', checksums: { nomad: { '1.9.7': { amd64: sum } } } },
    };
    expect(wantsOf(own, 'infra.yaml').programs[1]?.releases.amd64).toEqual({
      url: 'https://mirror.example/nomad/1.9.7/nomad_1.9.7_linux_amd64.zip',
      checksum: sum,
    });
  });

  test('takes the place of mirror, versions and checksums, for either architecture', () => {
    const { versions, artifacts } = withSupplies(environment, {
      mirror: 'http://198.18.7.253/mirror',
      programs: [{ artifact: 'consul', version: '1.20.2', checksum: sum }],
    });
    expect(versions).toEqual({ ...environment.versions, consul: '1.20.2' });
    expect(artifacts).toEqual({
      mirror: 'http://198.18.7.253/mirror',
      checksums: { consul: { '1.20.2': { amd64: sum, arm64: sum } } },
    });
  });

  test('where a program can not be had, the environment can still be looked at and destroyed', async () => {
    const lacks = new Failure('there is no nomad here');
    const found = await supplied(environment, 'infra.yaml', () => Promise.reject(lacks));
    expect(found).toEqual({ environment, lacks });
  });
});
