import type { ServiceCatalog } from '../ports/job-scheduler.ts';
import { type ConsulAccess, type ConsulAsk, ConsulRefusal, createConsulAsk } from './http.ts';
import { autopilotHealthSchema, leaderSchema, passingSchema } from './wire.ts';

/** Consul behind one of its servers. The leader is told to anyone, the rest needs a token that may read. */
export const createConsul = (access: ConsulAccess): ServiceCatalog => {
  const ask = createConsulAsk(access);
  return {
    leader: async () => (await ask('GET', '/v1/status/leader', leaderSchema)) || null,
    voters: () => voters(ask),
    passing: async (service) =>
      (await ask('GET', `/v1/health/service/${encodeURIComponent(service)}?passing`, passingSchema)).length,
  };
};

/** 429 carries the same body as 200 and means "not healthy", not "slow down" (consul/api-docs/operator/autopilot). */
const voters = async (ask: ConsulAsk): Promise<{ names: readonly string[]; version: string | null }> => {
  try {
    const health = await ask('GET', '/v1/operator/autopilot/health', autopilotHealthSchema, { alsoFine: [429] });
    const healthy = (health.Servers ?? []).filter((server) => server.Voter && server.Healthy);
    const versions = new Set(healthy.map((server) => server.Version));
    return {
      names: healthy.map((server) => server.Name).toSorted(),
      version: versions.size === 1 ? (healthy[0]?.Version ?? null) : null,
    };
  } catch (error) {
    if (error instanceof ConsulRefusal && error.text.includes('No cluster leader')) return { names: [], version: null };
    throw error;
  }
};
