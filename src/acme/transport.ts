import { request as httpsRequest } from 'node:https';
import type { Axios } from './client.ts';

/** A reply that has not come after this long will not come. */
const requestTimeoutMs = 30_000;

type Config = Parameters<NonNullable<Parameters<Axios['interceptors']['request']['use']>[0]>>[0];
interface Reply {
  readonly data: string;
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly config: Config;
}

/**
 * Runs `work` with requests to the directory's origin sent by us. acme-client asks through one axios for the whole
 * process, which takes no authority of its own per client, waits as long as an authority's Retry-After says (hours),
 * and turns a refused connection into a TypeError. So while `work` runs, requests to this one origin get an adapter.
 */
export const withTransport = async <T>(
  axios: Axios,
  { directory, ca }: { readonly directory: string; readonly ca?: string },
  work: () => Promise<T>,
): Promise<T> => {
  const { origin } = new URL(directory);
  const mark = axios.interceptors.request.use((config) => {
    if (config.url !== undefined && new URL(config.url).origin === origin) config.adapter = () => send(config, ca);
    return config;
  });
  try {
    return await work();
  } finally {
    axios.interceptors.request.eject(mark);
  }
};

const send = (config: Config, ca: string | undefined): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const headers = Object.fromEntries(
      Object.entries(config.headers.toJSON()).map(([key, value]) => [key, `${value}`]),
    );
    const options = { method: config.method?.toUpperCase(), headers, agent: false, ...(ca !== undefined && { ca }) };
    const request = httpsRequest(config.url ?? '', options, (response) => {
      let data = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        data += chunk;
      });
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          data,
          status: response.statusCode ?? 0,
          statusText: response.statusMessage ?? '',
          headers: response.headers as Record<string, string>,
          config,
        }),
      );
    });
    request.setTimeout(requestTimeoutMs, () =>
      request.destroy(new Error(`no reply within ${requestTimeoutMs / 1000} seconds`)),
    );
    request.once('error', reject);
    request.end(config.data);
  });
