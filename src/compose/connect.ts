import type { Connect } from '../cluster/ask.ts';
import { createCatalogAccess } from '../consul/access.ts';
import { createConsul } from '../consul/catalog.ts';
import { trustedCas } from '../domain/cluster-keys.ts';
import type { Environment } from '../domain/environment.ts';
import type { Secret } from '../domain/secret.ts';
import { createSchedulerAccess } from '../nomad/access.ts';
import { createNomad } from '../nomad/scheduler.ts';
import type { KeyRing } from '../ports/key-ring.ts';

/** Consul and Nomad behind one server, over TLS, with our tokens; jobs are those of the namespace. What sets up access control has the management tokens. */
export const connectWith =
  (keyRing: KeyRing, namespace?: string): Connect =>
  (target, machines) => {
    const keys = keyRing.current();
    const fetch = machines.fetchThrough(target, keys === null ? undefined : { ca: trustedCas(keys) });
    const consul = { fetch, address: `https://${target.privateIp}:8501` };
    const nomad = { fetch, address: `https://${target.privateIp}:4646` };
    const own = namespace === undefined ? {} : { namespace };
    return {
      catalog: createConsul({ ...consul, ...tokenOf(keys?.consul.provisioner) }),
      scheduler: createNomad({ ...nomad, ...own, ...tokenOf(keys?.nomad.deployer ?? keys?.nomad.management) }),
      catalogAccess: createCatalogAccess({ ...consul, ...tokenOf(keys?.consul.management) }),
      schedulerAccess: createSchedulerAccess({ ...nomad, ...tokenOf(keys?.nomad.management) }),
    };
  };

/** Of a preview on shared servers, called as it; undefined: Nomad's own, `default`. */
export const namespaceOf = ({ host, name }: Pick<Environment, 'host' | 'name'>): string | undefined =>
  host === undefined ? undefined : name;

const tokenOf = (token: Secret | undefined): { readonly token?: Secret } => (token === undefined ? {} : { token });
