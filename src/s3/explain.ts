import { StoreError } from '../domain/errors.ts';
import { makeKeys } from './credentials.ts';
import { type Fault, isTls, neverSent } from './fault.ts';
import { type S3Place, serverText } from './place.ts';

/** What was asked of the store, for the sentence and for what may have come of it. */
export interface Doing {
  /** `read s3://bucket/production.json` */
  readonly what: string;
  /** It changes something, so that without a reply its outcome is unknown. */
  readonly writes: boolean;
}
interface About {
  readonly doing: Doing;
  readonly place: S3Place;
  readonly tries: number;
  /** Seconds that a request may take. */
  readonly seconds: number;
  readonly skewMs: number | undefined;
}
interface Said {
  readonly why: string;
  readonly next: string;
}

const again = 'run the same command again';

/** One sentence of why, and the next command. The store's own words are used only where they can't hold a secret. */
export const explain = (fault: Fault, about: About): StoreError => {
  const { doing, tries } = about;
  const known =
    byCode(fault, about) ?? (fault.status === undefined ? byConnection(fault, about) : byStatus(fault, about));
  const times = tries > 1 ? `, ${tries} times in a row` : '';
  const kind = kindOf(fault, doing);
  const done = kind === 'unknown' ? `whether it was carried out is not known` : 'nothing was changed by this request';
  return new StoreError(`can't ${doing.what}: ${known.why}${times}`, kind, {
    done: doing.writes ? [done] : [],
    next: known.next,
    // A copy: the SDK's own error carries the whole reply.
    cause: new Error(`${fault.code}${fault.status === undefined ? '' : ` (HTTP ${fault.status})`}`),
  });
};

const kindOf = (fault: Fault, { writes }: Doing): StoreError['kind'] => {
  if (fault.status !== undefined && fault.status < 500) return 'refused';
  if (fault.status === 501) return 'refused';
  if (writes && !neverSent(fault)) return 'unknown';
  return fault.status === undefined ? 'unreachable' : 'refused';
};

const byCode = (fault: Fault, { doing, place, skewMs }: About): Said | undefined => {
  const server = serverText(place);
  switch (fault.code) {
    case 'CredentialsProviderError':
      return { why: `no credentials were found (${firstLine(fault.message)})`, next: makeKeys };
    case 'InvalidAccessKeyId':
    case 'InvalidToken':
      return {
        why: `${server} does not know the access key`,
        next: `check AWS_ACCESS_KEY_ID: it belongs to one provider and project.\n${makeKeys}`,
      };
    case 'ExpiredToken':
    case 'TokenRefreshRequired':
      return {
        why: 'the session token has expired',
        next: 'get new credentials (AWS: aws sso login) and run the same command again',
      };
    case 'SignatureDoesNotMatch':
      return {
        why: `${server} refuses the signature: the secret key does not fit the access key`,
        next: `check AWS_SECRET_ACCESS_KEY.\n${makeKeys}`,
      };
    case 'NoSuchBucket':
      return {
        why: `there is no bucket ${place.bucket} at ${server}`,
        next: 'make it: reconcile state init   (or correct state.s3.bucket in infra.yaml)',
      };
    case 'BucketAlreadyExists':
      return {
        why: `the name ${place.bucket} is taken by somebody else's bucket`,
        next: 'choose another name: state.s3.bucket in infra.yaml',
      };
    case 'RequestTimeTooSkewed':
      return {
        why: `the clock of this machine is off${ahead(skewMs)}, and the store refuses what is dated so`,
        next: setClock,
      };
    case 'AccessDenied':
    case 'AllAccessDisabled':
    case 'Forbidden':
      return denied(doing, place);
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
    case 'InvalidLocationConstraint':
    case 'InvalidRegionName':
      return wrongRegion(fault, place);
    case 'NotImplemented':
      return {
        why: `${server} does not implement it`,
        next: 'use another store, or see which parts it lacks: reconcile doctor',
      };
    case 'Truncated':
      return {
        why: fault.message,
        next: `${again}; if it stays so, look at the object with another tool, and for earlier ones with: reconcile state history`,
      };
    default:
      return undefined;
  }
};

export const setClock =
  'set the clock: timedatectl set-ntp true   (or: chronyc makestep), then run the same command again';

export const ahead = (skewMs: number | undefined): string => {
  if (skewMs === undefined) return '';
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const amount = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  return ` by ${amount} (it is ${skewMs > 0 ? 'behind' : 'ahead of'} the store's)`;
};

const denied = ({ writes }: Doing, place: S3Place): Said =>
  writes
    ? {
        why: `${serverText(place)} does not allow these credentials to write to the bucket`,
        next: `allow s3:PutObject and s3:DeleteObject on arn:aws:s3:::${place.bucket}/* (bucket policy or rights of the key), then ${again}`,
      }
    : {
        why: `${serverText(place)} does not allow it with these credentials`,
        next: `allow s3:GetObject, s3:ListBucket and s3:ListBucketVersions on ${place.bucket} (without s3:ListBucket a missing object is refused too), or use other keys; then ${again}`,
      };

const wrongRegion = ({ region }: Fault, place: S3Place): Said => {
  const there = region === undefined || region === place.region ? undefined : region;
  return {
    why: `the bucket ${place.bucket} is not in the region ${place.region}${there === undefined ? '' : ` but in ${there}`}`,
    next: `write region: ${there ?? "… (the bucket's own)"} under state.s3 in infra.yaml${place.endpoint === undefined ? '' : ', and the endpoint of that region'}`,
  };
};

const byStatus = (fault: Fault, about: About): Said => {
  const { place, doing } = about;
  const status = fault.status ?? 0;
  const server = serverText(place);
  if (status === 301 || status === 307 || status === 308) return wrongRegion(fault, place);
  if (status === 403 || status === 401) return denied(doing, place);
  if (status === 501 || status === 405)
    return { why: `${server} does not implement it (HTTP ${status})`, next: 'use another store' };
  if (status >= 500 || status === 429)
    return {
      why: `${server} answers HTTP ${status} (${fault.code})`,
      next: `wait until the store is well again, then ${again}`,
    };
  if (/wrong version number|HTTP request was sent to HTTPS|plain HTTP/i.test(fault.message)) return plainToTls(place);
  return {
    why: `${server} refuses it with HTTP ${status} (${fault.code})`,
    next: 'check state.s3 in infra.yaml (endpoint, region, path_style), then: reconcile doctor',
  };
};

const plainToTls = ({ endpoint = '' }: S3Place): Said => ({
  why: `${endpoint} does not speak plain http`,
  next: `write endpoint: ${endpoint.replace(/^http:/, 'https:')} under state.s3 in infra.yaml`,
});

const byConnection = (fault: Fault, about: About): Said => {
  const { place, seconds } = about;
  const { code, message } = fault;
  const server = serverText(place);
  const host = place.endpoint === undefined ? server : new URL(place.endpoint).host;
  if (
    /ERR_SSL_WRONG_VERSION|ERR_SSL_PACKET_LENGTH|EPROTO/.test(code) &&
    /wrong version|packet length|http request/i.test(message)
  )
    return {
      why: `${server} speaks no TLS`,
      next: `write endpoint: ${place.endpoint?.replace(/^https:/, 'http:')} under state.s3 in infra.yaml if it is meant to be plain http`,
    };
  if (/^HPE_/.test(code)) return plainToTls(place);
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return {
      why: `the certificate of ${host} is not valid now (${code})`,
      next: 'renew it; if the date of this machine is wrong: timedatectl set-ntp true',
    };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return {
      why: `the certificate of ${host} is for another name`,
      next: 'correct state.s3.endpoint in infra.yaml; path_style: true keeps the bucket out of the host name',
    };
  if (isTls(code))
    return {
      why: `the certificate of ${host} is signed by nobody this machine trusts (${code})`,
      next: 'export NODE_EXTRA_CA_CERTS=/path/to/ca.pem   (the authority that signed it), then run the same command again',
    };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return {
      why: `the name of ${host} is not known here (${code})`,
      next: `check state.s3.endpoint in infra.yaml${place.pathStyle ? '' : ', or write path_style: true'}, and that this machine resolves names: getent hosts ${host.replace(/:\d+$/, '')}`,
    };
  if (code === 'ECONNREFUSED')
    return {
      why: `nobody answers at ${host} (connection refused)`,
      next: `check state.s3.endpoint in infra.yaml and that the store runs, then ${again}`,
    };
  if (fault.timedOut || code === 'ETIMEDOUT')
    return {
      why: `${host} did not answer within ${seconds} s`,
      next: `check the way there: curl -sv ${place.endpoint ?? 'https://s3.amazonaws.com'}   then ${again}`,
    };
  if (/^(ECONN|EPIPE)/.test(code))
    return {
      why: `${host} cut the connection (${code})`,
      // A reply has come before: then the scheme is right.
      next:
        place.endpoint?.startsWith('http:') && about.skewMs === undefined
          ? `write endpoint: ${place.endpoint.replace(/^http:/, 'https:')} under state.s3 in infra.yaml if it speaks only TLS; else check that the store is well, and ${again}`
          : `check that the store is well, then ${again}`,
    };
  return {
    why: `${host} gave no reply that could be used (${code})`,
    next: `check state.s3 in infra.yaml, then ${again}`,
  };
};

const firstLine = (message: string): string => message.split('\n')[0] ?? '';
