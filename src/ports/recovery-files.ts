/** Where a state goes that its store would not take: a file beside infra.yaml. One per environment, mode 0600. */
export interface RecoveryFiles {
  /** Returns the path, for messages. Throws Failure. */
  keep(environment: string, text: string): Promise<string>;
  find(environment: string): Promise<{ readonly path: string; readonly text: string } | undefined>;
  /** Its content is in the store now. */
  remove(environment: string): Promise<void>;
  /** Newer knowledge is in the store: kept under another name. Returns the path. */
  putAside(environment: string): Promise<string>;
}
