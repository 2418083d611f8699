import { generateKeyPairSync, sign } from 'node:crypto';

/*
 * A self-signed certificate as a CA would write it (RFC 5280, DER by hand), so that no private key lies in the
 * repository: Node reads certificates but makes none.
 */
const tlv = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const length =
    body.length < 128
      ? Buffer.from([body.length])
      : body.length < 256
        ? Buffer.from([0x81, body.length])
        : Buffer.from([0x82, body.length >> 8, body.length & 255]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
};
const sequence = (...parts: readonly Buffer[]): Buffer => tlv(0x30, ...parts);
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, 'hex'));
const utcTime = (text: string): Buffer => tlv(0x17, Buffer.from(text));
const pem = (der: Buffer): string =>
  [
    '-----BEGIN CERTIFICATE-----',
    ...(der.toString('base64').match(/.{1,64}/g) ?? []),
    '-----END CERTIFICATE-----',
    '',
  ].join('\n');

/** Valid from 2026-01-01 to 2027-01-01, for this host name. */
export const selfSigned = (host: string): { readonly certificate: string; readonly privateKey: string } => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
  const name = sequence(tlv(0x31, sequence(oid('550403'), tlv(0x0c, Buffer.from(host)))));
  const alternative = sequence(tlv(0x82, Buffer.from(host)));
  const extension = sequence(oid('551d11'), tlv(0x04, alternative));
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    name,
    sequence(utcTime('260101000000Z'), utcTime('270101000000Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(extension)),
  );
  const signature = tlv(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
  return {
    certificate: pem(sequence(body, ecdsaWithSha256, signature)),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};
