import { expect, test } from 'vitest';
import type { Catalogue } from '../../src/domain/observation.ts';
import { catalogue, plan, production, withServers } from '../support/builders.ts';
import { loseServer, standing } from '../support/drift.ts';
import { createModelWorld } from '../support/model-world.ts';

const placed = (stock: Catalogue, ladders: Parameters<typeof withServers>[0] = {}, world = createModelWorld()) => {
  const made = plan(world, { environment: production(withServers(ladders)), observation: { catalogue: stock } });
  const places = made.steps.flatMap(({ effect }) =>
    effect.port === 'cloud' && effect.op === 'create' && effect.placement !== undefined
      ? [`${effect.placement.type} in ${effect.placement.location}`]
      : [],
  );
  const change = made.changes.find(({ kind, action }) => kind === 'server' && action !== 'keep');
  return { places, notices: made.notices, reasons: change?.reasons.map(({ because }) => because), next: change?.next };
};

test('the first rung in stock, and nothing to say about it', () => {
  expect(placed(catalogue())).toEqual({
    places: ['cx23 in nbg1', 'cx23 in nbg1', 'cx23 in nbg1'],
    notices: [],
    reasons: ['it does not exist yet'],
    next: undefined,
  });
});

test('another location before a dearer type', () => {
  expect(placed(catalogue(['cx23@nbg1'])).places).toEqual(['cx23 in fsn1', 'cx23 in fsn1', 'cx23 in fsn1']);
});

test('a later rung is taken only visibly', () => {
  expect(placed(catalogue(['cx23', 'cpx22@nbg1']))).toMatchObject({
    places: ['cpx22 in fsn1', 'cpx22 in fsn1', 'cpx22 in fsn1'],
    notices: [
      'servers get cpx22 in fsn1: cx23 is sold out in nbg1, fsn1, hel1; cpx22 is the next rung; cpx22 is sold out in nbg1',
    ],
    reasons: [
      'it does not exist yet',
      'cx23 is sold out in nbg1, fsn1, hel1; cpx22 is the next rung',
      'cpx22 is sold out in nbg1',
    ],
  });
});

test('a server that is healed comes to where the others stand, even on a later rung', () => {
  const world = standing();
  loseServer(world, 'aipacto-production-2');
  expect(placed(catalogue(['cx23@nbg1']), {}, world).places).toEqual(['cpx22 in nbg1']);
});

test('a retired type says when it went, what followed it and where to write that', () => {
  expect(placed(catalogue(), { types: ['cx22'] })).toMatchObject({
    places: [],
    reasons: ['it does not exist yet', 'cx22 was retired on 2026-01-01; it is followed by cx23'],
    next: 'write for example types: [cx23, cx33, cpx22] at infra.yaml:28:12 (environments.production.servers.types)',
  });
});

test('a retired type before a living one is passed over visibly', () => {
  expect(placed(catalogue(), { types: ['cx22', 'cx23'] })).toMatchObject({
    places: ['cx23 in nbg1', 'cx23 in nbg1', 'cx23 in nbg1'],
    notices: [
      'servers get cx23 in nbg1: cx22 was retired on 2026-01-01; it is followed by cx23; cx23 is the next rung',
    ],
  });
});

test('a type past its last day of orders is retired, whatever the stock says', () => {
  const stock = catalogue();
  const serverTypes = stock.serverTypes.map((type) =>
    type.name === 'cx23'
      ? { ...type, deprecation: { announced: '2026-01-01T00:00:00Z', unavailableAfter: '2026-11-01T00:00:00Z' } }
      : type,
  );
  expect(placed({ ...stock, serverTypes }).reasons).toContain('cx23 was retired on 2026-11-01; cpx22 is the next rung');
});

test('nothing in stock names every rung and what could be had', () => {
  expect(placed(catalogue(['cx23', 'cpx22']), { types: ['cx23', 'cpx22'] })).toMatchObject({
    places: [],
    reasons: ['it does not exist yet', 'cx23 is sold out in nbg1, fsn1, hel1', 'cpx22 is sold out in nbg1, fsn1, hel1'],
    next: 'write for example types: [cx33, cpx32] at infra.yaml:28:12 (environments.production.servers.types)',
  });
});

test('a type nobody has heard of is called so', () => {
  expect(placed(catalogue(), { types: ['cx99'] }).reasons).toContain('Hetzner has no server type cx99');
});
