export type Account = {
  id: number;
  login: string;
  type: "User" | "Organization" | "Bot";
  createdAt: Date;
};

export type Role = "read" | "triage" | "write" | "maintain" | "admin";
