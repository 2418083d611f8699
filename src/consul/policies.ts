import { z } from 'zod';
import { type ConsulAsk, ConsulRefusal } from './http.ts';

export interface Policy {
  readonly name: string;
  readonly description: string;
  readonly rules: string;
}

/**
 * What each token may do (consul/docs/security/acl/acl-rules). Every node of this cluster is ours, so "all nodes" is
 * the list of their names without having to write it anew when one is added.
 */
export const policies = {
  agent: {
    name: 'agent',
    description: 'each server registers itself',
    rules: 'node_prefix "" { policy = "write" }\nservice_prefix "" { policy = "read" }\n',
  },
  /** Services are registered with each job's own identity (workloads.ts), so Nomad itself makes no tokens: no `acl`. */
  nomad: {
    name: 'nomad',
    description: 'Nomad servers and clients register themselves',
    rules:
      'agent_prefix "" { policy = "read" }\nnode_prefix "" { policy = "read" }\nservice_prefix "" { policy = "write" }\n',
  },
  ingress: {
    name: 'ingress',
    description: 'the ingress finds healthy services',
    rules: 'node_prefix "" { policy = "read" }\nservice_prefix "" { policy = "read" }\n',
  },
  provisioner: {
    name: 'provisioner',
    description: 'the provisioner looks at the cluster',
    rules:
      'operator = "read"\nagent_prefix "" { policy = "read" }\nnode_prefix "" { policy = "read" }\nservice_prefix "" { policy = "read" }\n',
  },
  /** What `nomad setup consul` gives tasks, with the node_prefix that Nomad 1.9.7 added to it (its changelog). */
  tasks: {
    name: 'nomad-tasks',
    description: 'tasks of Nomad jobs read services and keys',
    rules:
      'key_prefix "" { policy = "read" }\nnode_prefix "" { policy = "read" }\nservice_prefix "" { policy = "read" }\n',
  },
} as const satisfies Record<string, Policy>;

const policySchema = z.object({ ID: z.string(), Name: z.string(), Description: z.string(), Rules: z.string() });

/**
 * Looked up by name first: making one that exists is answered with a 500. Its description and rules are made ours when
 * they differ.
 */
export const ensurePolicy = async (ask: ConsulAsk, { name, description, rules }: Policy): Promise<void> => {
  const present = await findOrNone(() => ask('GET', `/v1/acl/policy/name/${name}`, policySchema));
  if (present?.Rules === rules && present.Description === description) return;
  const path = present === undefined ? '/v1/acl/policy' : `/v1/acl/policy/${present.ID}`;
  await ask('PUT', path, policySchema, { body: { Name: name, Description: description, Rules: rules } });
};

/** Undefined where Consul says that there is none (404). */
export const findOrNone = async <T>(find: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await find();
  } catch (error) {
    if (error instanceof ConsulRefusal && error.status === 404) return undefined;
    throw error;
  }
};
