/** What a machine must be given when building the sandbox fails, by the words of the program that failed. */
const remedies: readonly (readonly [words: RegExp, remedy: string])[] = [
  [
    /Can't mount proc|mount proc/i,
    "In a container, /proc must not be masked: start it with --security-opt systempaths=unconfined (docs/docker.md).",
  ],
  [
    /unshare.*(Operation not permitted|No space left)|Creating new namespace failed|setting up uid map|uid_map/i,
    "This machine does not let this user make namespaces. In a container, run as an ordinary user and give it the profile of docs/docker.md. " +
      "On Ubuntu 24.04 and later, allow it with: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0. On other systems check user.max_user_namespaces.",
  ],
  [
    /mount: .*overlay|layer.*(wrong fs type|Operation not permitted)/i,
    "The throw-away layer needs an overlay file system that an ordinary user may mount: Linux 5.11 or newer.",
  ],
];

/** The sentence for people when the sandbox could not be set up: what was said, and what to do about it. */
export function setUpProblem(said: string): string {
  const remedy = remedies.find(([words]) => words.test(said))?.[1];
  const sentence = `The sandbox could not be set up, so the command did not run: ${said}`;
  return remedy === undefined ? sentence : `${sentence} ${remedy}`;
}
