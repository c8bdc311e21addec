/** Text by path, relative to the root of a repository. */
export type Files = Map<string, string>;
