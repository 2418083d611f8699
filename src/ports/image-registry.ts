/** Registries of container images, as far as they are asked: what a tag stands for, and tags that nobody needs any more. */
export interface ImageRegistry {
  /** `sha256:…` of what the reference stands for now; null: the registry has no such image. Throws RegistryError. */
  digestOf(reference: string): Promise<string | null>;
  /** Throws RegistryError where a registry has no way to do it, or did not let us. */
  removeTag(reference: string): Promise<'removed' | 'absent'>;
  /** Tags `pr-<number>-…` of these repositories (names without a tag); a sentence for each repository where some stayed. */
  removeTags(
    pullRequests: readonly number[],
    repositories: readonly string[],
  ): Promise<{ readonly removed: readonly string[]; readonly stayed: readonly string[] }>;
}
