/*
 * hcloud-js 1.4.1 ships no types. Only its Client is used, and of that only the axios instance that carries token,
 * base URL and User-Agent: its resource classes are from 2021 and crash on today's servers (they read `datacenter`,
 * which is gone since 2026-07-01).
 */
declare module 'hcloud-js' {
  namespace hcloud {
    interface RequestConfig {
      readonly method: string;
      readonly url: string;
      readonly baseURL?: string;
      readonly data?: unknown;
      readonly headers?: unknown;
    }
    interface RawResponse {
      readonly status: number;
      readonly statusText: string;
      readonly headers: unknown;
      readonly data: unknown;
      readonly config: unknown;
    }
    interface Axios {
      readonly defaults: {
        adapter: (config: RequestConfig) => Promise<RawResponse>;
        transformRequest: ((data: unknown) => unknown)[];
        transformResponse: ((data: unknown) => unknown)[];
      };
      request(config: { method: string; url: string; data?: unknown }): Promise<RawResponse>;
    }
    interface ClientOptions {
      readonly token: string;
      readonly baseURL: string;
      readonly timeout: number;
    }
  }
  const hcloud: { readonly Client: new (options: hcloud.ClientOptions) => { readonly axios: hcloud.Axios } };
  export = hcloud;
}
