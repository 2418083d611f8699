import fc from 'fast-check';
import { expect, test } from 'vitest';
import { locations, serverTypes } from '../../src/config/catalogue.ts';
import { initTemplate } from '../../src/config/init.ts';
import { load } from './base.ts';

const answers = {
  project: 'shop',
  domain: 'shop.example',
  location: 'hel1',
  serverType: 'cx33',
  sshKey: 'Alice (laptop)',
  staging: true,
};

test('whatever is answered, what is written loads and says the same', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,12}$/);
  fc.assert(
    fc.property(
      fc.record({
        project: word,
        domain: fc.tuple(word, fc.constantFrom('example', 'co.uk', 'com', 'no')).map((parts) => parts.join('.')),
        location: fc.constantFrom(...Object.keys(locations)),
        serverType: fc.constantFrom(...serverTypes),
        sshKey: fc.option(fc.string({ minLength: 1, maxLength: 30 })),
        staging: fc.boolean(),
      }),
      (given) => {
        const project = load(initTemplate(given));
        expect([project.project, project.domain, project.sshKeys]).toEqual([
          given.project,
          given.domain,
          given.sshKey === null ? [] : [given.sshKey],
        ]);
        expect(project.environments.production?.servers.types[0]).toBe(given.serverType);
        expect(project.environments.production?.servers.locations[0]).toBe(given.location);
        expect(project.environments.staging !== undefined).toBe(given.staging);
        expect(given.domain === project.zone || given.domain.endsWith(`.${project.zone}`)).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

test('fallbacks are never smaller than the type asked for, and of its architecture', () => {
  expect(load(initTemplate(answers)).environments.production?.servers.types).toEqual([
    'cx33',
    'cpx32',
    'cx43',
    'cpx42',
  ]);
  expect(load(initTemplate({ ...answers, serverType: 'cax31' })).environments.pr?.servers.types).toEqual([
    'cax31',
    'cax41',
  ]);
});

test('answers that make no valid file are refused before anything is written', () => {
  expect(() => initTemplate({ ...answers, serverType: 'cx99' })).toThrow('1 problem in the configuration');
});
