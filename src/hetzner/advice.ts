/** What to do next, by error code of docs.hetzner.cloud. Codes that say it themselves have no row. */
const advice: Readonly<Record<string, string>> = {
  unauthorized:
    'set HCLOUD_TOKEN to an API token of the Hetzner project (Console, Security, API tokens), 64 characters',
  token_readonly: 'set HCLOUD_TOKEN to a token with read and write permission; the present one may only read',
  forbidden: 'check that the token in HCLOUD_TOKEN belongs to the right project and may do this',
  maintenance: 'run again later: Hetzner is at work on this part of the API',
  resource_limit_exceeded: 'delete what is no longer needed, or ask Hetzner to raise the limit of the project',
  resource_unavailable: 'write another server type or location into the ladders of infra.yaml, or run again later',
  placement_error: 'run again later, or write another location into the ladder of infra.yaml',
  locked: 'run again: something else is being done to this object at the moment',
  conflict: 'run again: something else is being done to this object at the moment',
  rate_limit_exceeded: 'wait a few minutes: 3600 requests an hour are shared by everyone in the Hetzner project',
  protected: 'remove the protection in the Hetzner Console or in infra.yaml first, if this is really meant',
  uniqueness_error: 'run again: the next plan shows who has this name',
  deprecated_api_endpoint: 'update this program: Hetzner has removed this part of the API',
  robot_unavailable: 'run again later: the system behind vSwitches does not answer',
  unavailable: 'run again later: this part of the API is not available at the moment',
};

export const adviceFor = (code: string): string | undefined => advice[code];
