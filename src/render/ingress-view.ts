import { acmeDefaults, type Environment } from '../domain/environment.ts';
import { caddyEndsTls, hostsOf, previewHosts } from '../domain/hosts.ts';
import { hostAt } from '../domain/ip.ts';

/** What the templates of the ingress use: Caddyfile, ingress-routes.py. */
export const ingressView = (environment: Environment) => {
  const { tls, ingress, network } = environment;
  const previews = previewHosts(environment);
  const own = hostsOf(environment).filter((host) => host !== previews);
  // Previews without TLS beside names with it have a site of their own.
  const apart = previews !== undefined && environment.pool?.tls === 'off' && caddyEndsTls(tls);
  const hosts = previews === undefined ? own : [...own, previews];
  const named = apart ? own : hosts;
  const loadBalancerIp = ingress === 'load-balancer' ? hostAt(network.subnet, 5) : false;
  const endsTls = caddyEndsTls(tls);
  return {
    /** The only hosts that a service may ask for. */
    hosts,
    hostList: named.join(' '),
    loadBalancerIp,
    /** Where TLS ends before us, or nowhere, any host name is answered. */
    site: endsTls ? named.map((host) => `https://${host}`).join(', ') : 'http://',
    previewSite: apart && `http://${previews}`,
    /** What visitors use, wherever it ends. */
    https: tls !== 'off',
    endsTls,
    ownHttps: tls === 'caddy' || tls === 'internal',
    tlsFiles: tls === 'acme-dns',
    tlsInternal: tls === 'internal',
    /** A load balancer that passes TLS through speaks TCP: it can't add X-Forwarded-For, so it sends the PROXY header. */
    proxyProtocol: endsTls && loadBalancerIp !== false,
    trustedProxy: endsTls ? false : loadBalancerIp,
    /** Hetzner's load balancers carry no UDP, which HTTP/3 needs. */
    protocols: endsTls && loadBalancerIp === false ? 'h1 h2 h3' : 'h1 h2',
    acme: tls === 'caddy' && acmeView(environment),
    /** PEM of the authority behind a private ACME directory, for /etc/caddy/acme-ca.pem. */
    acmeCa: (tls === 'caddy' && environment.acme?.ca) || false,
  };
};

const acmeView = ({ acme }: Environment) => ({
  email: acme?.email ?? false,
  directory: acme?.directory ?? acmeDefaults.directory,
  ca: acme?.ca !== undefined,
});
