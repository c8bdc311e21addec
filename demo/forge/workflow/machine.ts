/**
 * What of this process's environment a workflow step may see: where programs are, and how to reach package registries. Everything
 * else stays outside; a step runs code of a repository.
 */
const PASSED_ON = [
  "PATH",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "PIP_CERT",
  "REQUESTS_CA_BUNDLE",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "npm_config_registry",
  "NPM_CONFIG_REGISTRY",
  "PIP_INDEX_URL",
  "GOPROXY",
  "RUSTUP_HOME",
  "JAVA_HOME",
];

/** An address with a password in it is a secret, whatever its name says. */
const hasPassword = (value: string): boolean => /:\/\/[^/\s]*@/.test(value);

export function machineEnvironment(): Record<string, string> & { PATH: string } {
  const found: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = process.env[name];
    if (value !== undefined && !hasPassword(value)) found[name] = value;
  }
  return { PATH: "/usr/local/bin:/usr/bin:/bin", ...found };
}
