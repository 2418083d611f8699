/** A bucket, and where in it, as `state.s3` of infra.yaml says. */
export interface S3Place {
  /** Undefined: AWS itself. */
  readonly endpoint?: string;
  readonly region: string;
  readonly bucket: string;
  /** Put before every key, with a slash between; empty: nothing. */
  readonly prefix: string;
  readonly pathStyle: boolean;
}

/** For messages; a key goes behind it with a slash. */
export const placeText = ({ bucket, prefix }: S3Place): string => `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`;

/** Who is asked: `https://fsn1.your-objectstorage.com`, `AWS in eu-central-1`. */
export const serverText = ({ endpoint, region }: S3Place): string => endpoint ?? `AWS in ${region}`;

export const objectKey = ({ prefix }: S3Place, key: string): string => (prefix === '' ? key : `${prefix}/${key}`);
