/** The project's text files, read by the caller. Keys are paths as in the repository: `templates/nomad.hcl.hbs`. */
export interface Assets {
  readonly cloudInit: Readonly<Record<string, string>>;
  readonly templates: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, string>>;
}
