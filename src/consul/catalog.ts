import type { ServiceCatalog } from '../ports/job-scheduler.ts';
import type { Fetch } from '../ports/machines.ts';
import { type ConsulGet, ConsulRefusal, createConsulGet } from './http.ts';
import { autopilotHealthSchema, leaderSchema, passingSchema } from './wire.ts';

/** Consul behind one of its servers. `address`: `http://10.0.1.11:8500`. */
export const createConsul = (access: { readonly fetch: Fetch; readonly address: string }): ServiceCatalog => {
  const get = createConsulGet(access);
  return {
    leader: async () => (await get('/v1/status/leader', leaderSchema)) || null,
    voters: () => voters(get),
    passing: async (service) =>
      (await get(`/v1/health/service/${encodeURIComponent(service)}?passing`, passingSchema)).length,
  };
};

/** 429 carries the same body as 200 and means "not healthy", not "slow down" (consul/api-docs/operator/autopilot). */
const voters = async (get: ConsulGet): Promise<{ names: readonly string[]; version: string | null }> => {
  try {
    const health = await get('/v1/operator/autopilot/health', autopilotHealthSchema, [429]);
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
