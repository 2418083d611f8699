import { z } from 'zod';
import { listSchema } from '../../hetzner/wire/common.ts';
import { list } from '../listing.ts';
import { type Route, route } from '../router.ts';

/*
 * Storage boxes live in another API, at api.hetzner.com, with the same envelopes. Here are none, and none can be made;
 * the list is there because `hcloud all list` asks for it (HETZNER_ENDPOINT says where).
 */
export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/storage_boxes',
    response: listSchema('storage_boxes', z.never()),
    handle: (context) => list(context, { key: 'storage_boxes', rows: [] as { id: number }[], sort: ['id'] }),
  }),
];
