/** The three places of one GitHub, from the one setting that names it: the API's base URL. */
export interface Addresses {
  /** without a slash at the end: `https://api.github.com`, `https://HOST/api/v3` (GitHub Enterprise Server) */
  api: string;
  /** where people look: `https://github.com`, `https://HOST` */
  web: string;
  gitUrl(owner: string, name: string): string;
}

/**
 * github.com and data-residency hosts (`api.NAME.ghe.com`) put the API on a host of its own;
 * GitHub Enterprise Server, and the local forge, put it below `/api/v3` of the host that also serves git.
 */
export function addressesOf(apiUrl: string): Addresses {
  const url = new URL(apiUrl);
  const api = `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  const isOwnHost = url.pathname === "/" && url.hostname.startsWith("api.");
  const web = isOwnHost ? `${url.protocol}//${url.host.slice("api.".length)}` : url.origin;
  return { api, web, gitUrl: (owner, name) => `${web}/${owner}/${name}.git` };
}
