import type { Authorization, axios, Client, Order } from 'acme-client';

export type Axios = typeof axios;
export type { Authorization, Client, Order };

/** Loaded when it is needed: half a second that runs without `tls: acme-dns` need not wait. */
export const loadAcme = (): Promise<typeof import('acme-client')> => import('acme-client');
