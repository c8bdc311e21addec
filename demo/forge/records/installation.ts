import type { Account } from "./account.ts";

export type Access = "read" | "write";

export type Installation = {
  id: number;
  account: Account;
  permissions: Record<string, Access>;
  events: string[];
  repositories: "all" | Set<number>;
  suspendedAt: Date | null;
  suspendedBy: Account | null;
  createdAt: Date;
  updatedAt: Date;
};

export type InstallationToken = {
  value: string;
  installation: Installation;
  permissions: Record<string, Access>;
  /** ids of the repositories it is narrowed to, or null for all of the installation's */
  repositories: Set<number> | null;
  expiresAt: Date;
};
